package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.child.ChildJvm;
import io.quarry.child.MappingProbe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A file mapped shared: what is written through the mapping is in the file. */
@EnabledOnOs(OS.LINUX)
final class SharedFileTest {

  private static final Protection[] READ_WRITE = {Protection.READ, Protection.WRITE};

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final CountingPosix posix = left.posix();
  private final int page = posix.pageSize();

  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void makeFile() throws IOException {
    path = directory.resolve("file");
    final byte[] contents = new byte[3 * page + 100];
    Arrays.fill(contents, (byte) 'a');
    Files.write(path, contents);
  }

  @Test
  void writesReachTheFileAndTheFilesReachTheMapping() throws IOException {
    try (Mapping mapping = Mapping.ofFile(path).protection(READ_WRITE).posix(posix).map()) {
      assertThat(mapping.length()).isEqualTo(3L * page + 100);
      mapping.byteBuffer().put(2 * page, (byte) 'b');
      assertThat(Files.readAllBytes(path)[2 * page]).isEqualTo((byte) 'b');

      final byte[] changed = Files.readAllBytes(path);
      changed[7] = 'c';
      Files.write(path, changed, StandardOpenOption.WRITE);
      assertThat(mapping.byteBuffer().get(7)).isEqualTo((byte) 'c');
    }
    assertThat(Files.readAllBytes(path)[2 * page]).isEqualTo((byte) 'b');
  }

  @Test
  void twoMappingsOfAFileAreOneMemory() {
    try (Mapping one = Mapping.ofFile(path).protection(READ_WRITE).posix(posix).map();
        Mapping other = Mapping.ofFile(path).offset(page).posix(posix).map()) {
      one.buffer().putLong(page + 8, 4711);
      assertThat(other.buffer().getLong(8)).isEqualTo(4711);
      assertThat(other.address()).isNotEqualTo(one.address() + page);
    }
  }

  @Test
  void changesAreWrittenBackOnDemand() throws IOException {
    try (Mapping mapping = Mapping.ofFile(path).protection(READ_WRITE).posix(posix).map()) {
      mapping.byteBuffer().put(page + 5, (byte) 'x');
      assertThat(PageFlags.isDirty(mapping.address() + page)).isTrue();

      mapping.sync();
      assertThat(PageFlags.isDirty(mapping.address() + page))
          .as("after a synchronous one")
          .isFalse();

      mapping.byteBuffer().put(page + 6, (byte) 'y');
      mapping.sync(page + 6L, 1, SyncFlag.SYNC, SyncFlag.INVALIDATE);
      assertThat(PageFlags.isDirty(mapping.address() + page)).as("of a part").isFalse();
      mapping.sync(SyncFlag.ASYNC);

      assertThat(posix.count("msync")).isEqualTo(3);
      assertThat(Files.readAllBytes(path)[page + 6]).isEqualTo((byte) 'y');
      assertThatThrownBy(() -> mapping.sync(SyncFlag.SYNC, SyncFlag.ASYNC))
          .hasMessageContaining("both SYNC and ASYNC");
      assertThatThrownBy(() -> mapping.sync(4L * page, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      mapping.lock();
      assertThatThrownBy(() -> mapping.sync(SyncFlag.INVALIDATE))
          .hasMessageEndingWith(
              "EBUSY (16); INVALIDATE was given, and pages of the range are locked");
      mapping.unlock();
    }
  }

  @Test
  void theFileGrowsAndTheMappingGrowsIntoIt() {
    try (FileHandle file = FileHandle.open(path, OpenFlag.RDWR);
        Mapping mapping =
            Mapping.of(file).length(64L * page).protection(READ_WRITE).posix(posix).map()) {
      assertThatThrownBy(() -> mapping.buffer(0, 64 * page))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage(
              "the range with offset 0 and length "
                  + 64 * page
                  + " of this mapping reaches beyond the last page of "
                  + path
                  + ": only the first "
                  + 4 * page
                  + " bytes of the mapping have a file behind them, and to touch others is a"
                  + " SIGBUS; make the file longer first, with FileHandle.resize");

      file.resize(64L * page);

      final UnsafeBuffer grown = mapping.buffer(0, 64 * page);
      assertThat(grown.getLong(63 * page)).isZero();
      grown.putLong(63 * page, 4711);
      assertThat(file.size()).isEqualTo(64L * page);
      file.resize(page);
      assertThatThrownBy(() -> mapping.byteBuffer(page, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      file.resize(64L * page);
      assertThat(mapping.buffer(63L * page, 8).getLong(0)).as("cut off is gone").isZero();
    }
  }

  @Test
  void behindTheEndOfTheFileTheLastPageIsZeroAndIsNotWritten() throws IOException {
    try (FileHandle file = FileHandle.open(path, OpenFlag.RDWR);
        Mapping mapping =
            Mapping.of(file).length(4L * page).protection(READ_WRITE).posix(posix).map()) {
      final ByteBuffer last = mapping.byteBuffer(3L * page, page);
      assertThat(last.get(99)).isEqualTo((byte) 'a');
      for (int i = 100; i < page; i++) {
        assertThat(last.get(i)).isZero();
      }

      last.put(200, (byte) 'z');
      mapping.sync();

      assertThat(Files.size(path)).isEqualTo(3L * page + 100);
      assertThatThrownBy(() -> mapping.byteBuffer(4L * page, 1))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageStartingWith("offset " + 4 * page + " and length 1 are no range within");
    }
  }

  /** What the check in Java is for. */
  @Test
  void withoutTheCheckItIsASigbus() {
    final ChildJvm.Result result = MappingProbe.run("sigbus", path.toString());

    assertThat(result.lines()).anyMatch(line -> line.startsWith("refused: the range with offset"));
    assertThat(result.lines())
        .as("the JVM makes it an error, or ends")
        .anyMatch(line -> line.contains("SIGBUS") || line.contains("InternalError"));
    assertThat(result.lines()).doesNotContain("read");
  }

  @Test
  void aFileStaysMappedAfterItsHandleIsClosed() {
    final FileHandle file = FileHandle.open(path, OpenFlag.RDWR);
    final int descriptor = file.descriptor();
    try (Mapping mapping = Mapping.of(file).posix(posix).map()) {
      file.close();
      file.close();
      assertThat(file.isOpen()).isFalse();
      assertThatThrownBy(file::size).hasMessage("the handle of " + path + " is closed");
      assertThat(mapping.byteBuffer().get(0)).isEqualTo((byte) 'a');
      assertThat(OpenFiles.now()).containsKey(descriptor);
    }
    assertThat(OpenFiles.now()).doesNotContainKey(descriptor);
  }

  @Test
  void theMappingOutlivesTheName() throws IOException {
    try (Mapping mapping = Mapping.ofFile(path).posix(posix).map()) {
      Files.delete(path);
      assertThat(mapping.byteBuffer().get(3 * page + 99)).isEqualTo((byte) 'a');
    }
  }
}
