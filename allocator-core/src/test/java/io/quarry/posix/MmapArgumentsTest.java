package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Each argument of {@code mmap} arrives as it was given, or is refused by its name. */
@EnabledOnOs(OS.LINUX)
final class MmapArgumentsTest {

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final Posix posix = left.posix();
  private final int page = posix.pageSize();

  @TempDir Path directory;

  /** Remembers the last call. */
  private static final class Recording extends DelegatingPosix {
    private String last;

    Recording(Posix posix) {
      super(posix);
    }

    @Override
    public long mmap(
        long address,
        long length,
        Set<Protection> protection,
        Set<MapFlag> flags,
        int fileDescriptor,
        long offset) {
      last = Arguments.mmap(address, length, protection, flags, fileDescriptor, offset);
      return super.mmap(address, length, protection, flags, fileDescriptor, offset);
    }
  }

  @Test
  void everyArgumentIsReachable() throws IOException {
    final Path path = Files.write(directory.resolve("file"), new byte[4 * page]);
    final long hint = 0x5000_0000_0000L;
    final Recording recording = new Recording(posix);
    try (FileHandle file = FileHandle.open(path, OpenFlag.RDWR);
        Mapping mapping =
            Mapping.of(file)
                .near(hint)
                .length(2L * page + 1)
                .protection(Protection.READ, Protection.WRITE, Protection.EXECUTE)
                .shared()
                .flags(MapFlag.POPULATE, MapFlag.NORESERVE)
                .offset(page)
                .posix(recording)
                .map()) {
      assertThat(recording.last)
          .isEqualTo(
              "address=0x500000000000, length="
                  + 3 * page
                  + ", protection=[READ, WRITE, EXECUTE], flags=[SHARED, NORESERVE, POPULATE], fd="
                  + file.descriptor()
                  + ", offset="
                  + page);
      assertThat(mapping.address()).isEqualTo(hint);
      assertThat(mapping.fileOffset()).isEqualTo(page);
      assertThat(mapping.file()).containsSame(file);
    }
  }

  @Test
  void everyFlagIsReachable() {
    for (MapFlag flag : MapFlag.values()) {
      final MappingBuilder builder = Mapping.anonymous(page);
      switch (flag) {
        case SHARED, PRIVATE, ANONYMOUS, FIXED, FIXED_NOREPLACE ->
            assertThatThrownBy(() -> builder.flags(flag))
                .hasMessageStartingWith("flags must not contain " + flag + ": call ");
        default -> builder.flags(flag);
      }
    }
  }

  @Test
  void anOffsetIsAMultipleOfThePageSize() throws IOException {
    final Path path = Files.write(directory.resolve("file"), new byte[4 * page]);
    for (long offset : new long[] {1, page - 1, page + 1, -page, -1}) {
      assertThatThrownBy(() -> Mapping.ofFile(path).offset(offset).map())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "offset must be a multiple of the page size, "
                  + page
                  + ", and not negative, but is "
                  + offset);
    }
  }

  @Test
  void aLengthIsAtLeastOne() throws IOException {
    for (long length : new long[] {0, -2, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 62) + 1}) {
      assertThatThrownBy(() -> Mapping.anonymous(length).map())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("length must be at least 1 byte and at most 2^62, but is " + length);
    }
    assertThatThrownBy(() -> Mapping.anonymous(-1).map())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("length must be at least 1");
    final Path empty = Files.createFile(directory.resolve("empty"));
    assertThatThrownBy(() -> Mapping.ofFile(empty).map())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "length must be given, or the file be longer than the offset, 0, but "
                + empty
                + " has 0 bytes: make it longer with FileHandle.resize");
  }

  @Test
  void moreThanTheAddressSpaceIsRefusedByTheKernel() {
    assertThatThrownBy(() -> Mapping.anonymous(1L << 62).posix(posix).map())
        .isInstanceOf(PosixException.class)
        .hasMessageStartingWith("mmap(address=0x0, length=" + (1L << 62))
        .hasMessageContaining("ENOMEM (12); out of memory or address space");
  }

  @Test
  void sumsThatOverflowAreRefused() throws IOException {
    final Path path = Files.write(directory.resolve("file"), new byte[page]);
    final long offset = Long.MAX_VALUE - page + 1;
    assertThatThrownBy(() -> Mapping.ofFile(path).offset(offset).length(page + 1).map())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "offset and length must not exceed 2^63 bytes together, but are "
                + offset
                + " and "
                + (page + 1));
    final long high = Long.MAX_VALUE - page + 1;
    assertThatThrownBy(() -> Mapping.anonymous(2L * page).at(high).posix(posix).map())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("address and length must not exceed 2^63 together");
    // Far beyond the end of the file the kernel may well map, but nothing can be touched.
    try (Mapping beyond = Mapping.ofFile(path).offset(1L << 42).length(page).posix(posix).map()) {
      assertThatThrownBy(() -> beyond.byteBuffer(0, 1))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("only the first 0 bytes of the mapping have a file behind them");
    }
  }

  @Test
  void aBadDescriptorIsNamed() {
    assertThatThrownBy(() -> FileHandle.adopt(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("descriptor must be 0 or more, the number of an open file, but is -1");
    assertThatThrownBy(() -> FileHandle.adopt(1 << 20))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "descriptor must be the number of an open file, but 1048576 is not: lseek(fd=1048576")
        .hasMessageContaining("EBADF (9)");
    final FileHandle closed = FileHandle.inMemory("closed");
    closed.close();
    assertThatThrownBy(() -> Mapping.of(closed).length(page).map())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the handle of memfd:closed is closed");
    assertThatThrownBy(() -> Mapping.of(null)).hasMessage("file must not be null");
    assertThatThrownBy(() -> Mapping.ofFile(null)).hasMessage("path must not be null");
  }

  @Test
  void whatCannotBeMappedIsRefusedWithTheReason() throws IOException {
    assertThatThrownBy(() -> Mapping.ofFile(directory).length(page).posix(posix).map())
        .isInstanceOf(PosixException.class)
        .hasMessageEndingWith(
            "ENODEV (19); the file cannot be mapped: it is a directory, a pipe or a socket");
    assertThatThrownBy(() -> Mapping.ofFile(directory.resolve("none")).map())
        .isInstanceOf(PosixException.class)
        .hasMessageStartingWith("open(path=" + directory.resolve("none"))
        .hasMessageContaining("ENOENT (2)");
    final Path path = Files.write(directory.resolve("file"), new byte[page]);
    try (FileHandle writeOnly = FileHandle.open(path, OpenFlag.WRONLY);
        FileHandle readOnly = FileHandle.open(path, OpenFlag.RDONLY)) {
      assertThatThrownBy(() -> Mapping.of(writeOnly).posix(posix).map())
          .hasMessageContaining("EACCES (13); the file is not open for reading");
      assertThatThrownBy(
              () ->
                  Mapping.of(readOnly)
                      .protection(Protection.READ, Protection.WRITE)
                      .posix(posix)
                      .map())
          .hasMessageContaining("EACCES (13)")
          .hasMessageContaining("the file is not open for both");
      assertThatThrownBy(() -> FileHandle.open(path, OpenFlag.CREAT))
          .hasMessage(
              "flags must contain exactly one of RDONLY, WRONLY and RDWR, but are [CREAT,"
                  + " CLOEXEC]");
    }
  }

  @Test
  void addressesThatMakeNoSenseAreRefused() {
    for (long low : new long[] {0, 1, page, 0xffff, -1, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> Mapping.anonymous(page).at(low))
          .hasMessageStartingWith("address must be 0x10000 or more, as nothing is to be mapped");
      assertThatThrownBy(() -> Mapping.anonymous(page).replacing(low))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Mapping.anonymous(page).near(low))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Mapping.anonymous(page).at(0x10001).posix(posix).map())
        .hasMessage(
            "address must be a multiple of the page size, "
                + page
                + ", and not negative, but is 65537");
    assertThatThrownBy(() -> Mapping.anonymous(page).replacing(0x100000).guarded().map())
        .hasMessageStartingWith("guarded() cannot be combined with replacing(address)");
    assertThatThrownBy(() -> Mapping.anonymous(page).at(1L << 56).posix(posix).map())
        .isInstanceOf(PosixException.class)
        .hasMessageContaining("address=0x100000000000000");
  }
}
