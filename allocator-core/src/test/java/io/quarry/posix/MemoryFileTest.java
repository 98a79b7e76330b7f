package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.child.ChildJvm;
import io.quarry.child.MappingProbe;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Memory without a path that other processes can map. */
@EnabledOnOs(OS.LINUX)
final class MemoryFileTest {

  private static final Protection[] READ_WRITE = {Protection.READ, Protection.WRITE};

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final Posix posix = left.posix();
  private final int page = posix.pageSize();

  @Test
  void anotherProcessMapsTheSameMemory() {
    try (FileHandle file = FileHandle.inMemory("shared with a child")) {
      file.resize(page);
      try (Mapping mapping = Mapping.of(file).protection(READ_WRITE).posix(posix).map()) {
        mapping.byteBuffer().putLong(0, 4711);

        final ChildJvm.Result child =
            MappingProbe.run(
                "memory-file",
                Long.toString(ProcessHandle.current().pid()),
                Integer.toString(file.descriptor()));

        assertThat(child.lines()).containsExactly("found 4711 in " + page);
        assertThat(child.exitCode()).isZero();
        assertThat(mapping.byteBuffer().getLong(8))
            .as("the number of the other process")
            .isPositive()
            .isNotEqualTo(ProcessHandle.current().pid());
        assertThat(ProcMaps.mappingAt(mapping.address()).orElseThrow().path())
            .isEqualTo("/memfd:shared with a child (deleted)");
      }
    }
  }

  @Test
  void itLivesAsLongAsAMappingOfIt() {
    final Mapping mapping;
    try (FileHandle file = FileHandle.inMemory("kept")) {
      file.resize(page);
      mapping = Mapping.of(file).protection(READ_WRITE).posix(posix).map();
    }
    mapping.buffer().putLong(0, 1);
    assertThat(mapping.buffer().getLong(0)).isOne();
    mapping.close();
  }

  @Test
  void itsSizeIsSealed() {
    try (FileHandle file = FileHandle.inMemory("sealed", MemfdFlag.ALLOW_SEALING)) {
      file.resize(2L * page);
      assertThat(file.seals()).isEmpty();

      file.seal(Seal.SHRINK, Seal.GROW);

      assertThat(file.seals()).containsExactlyInAnyOrder(Seal.SHRINK, Seal.GROW);
      assertThatThrownBy(() -> file.resize(page))
          .hasMessageEndingWith("EPERM (1); a seal of the file forbids it");
      assertThatThrownBy(() -> file.resize(3L * page)).hasMessageContaining("EPERM (1)");
      assertThat(file.size()).isEqualTo(2L * page);
    }
  }

  @Test
  void itsContentsAreSealed() {
    try (FileHandle file = FileHandle.inMemory("constant", MemfdFlag.ALLOW_SEALING)) {
      file.resize(page);
      try (Mapping writable = Mapping.of(file).protection(READ_WRITE).posix(posix).map()) {
        writable.buffer().putLong(0, 4711);
        assertThatThrownBy(() -> file.seal(Seal.WRITE))
            .hasMessageEndingWith(
                "EBUSY (16); the seal WRITE needs that no shared writable mapping of the file is"
                    + " left");
      }

      file.seal(Seal.WRITE, Seal.SEAL);

      assertThatThrownBy(() -> Mapping.of(file).protection(READ_WRITE).posix(posix).map())
          .hasMessageContaining("EPERM (1); a seal of the file forbids it");
      assertThatThrownBy(() -> file.seal(Seal.GROW)).hasMessageContaining("EPERM (1)");
      try (Mapping mapping = Mapping.of(file).posix(posix).map()) {
        assertThat(mapping.buffer().getLong(0)).isEqualTo(4711);
        assertThatThrownBy(() -> mapping.protect(Protection.READ, Protection.WRITE))
            .isInstanceOf(PosixException.class);
        assertThat(mapping.protection()).as("as before").containsExactly(Protection.READ);
      }
    }
  }

  @Test
  void aFutureWriteIsSealedWhileTheWriterGoesOn() {
    try (FileHandle file = FileHandle.inMemory("one writer", MemfdFlag.ALLOW_SEALING)) {
      file.resize(page);
      try (Mapping writer = Mapping.of(file).protection(READ_WRITE).posix(posix).map()) {
        file.seal(Seal.FUTURE_WRITE);
        writer.buffer().putLong(0, 4711);
        assertThatThrownBy(() -> Mapping.of(file).protection(READ_WRITE).posix(posix).map())
            .hasMessageContaining("EPERM (1)");
        try (Mapping reader = Mapping.of(file).posix(posix).map()) {
          assertThat(reader.buffer().getLong(0)).isEqualTo(4711);
        }
      }
    }
  }

  @Test
  void memoryIsGivenBackWhereAHoleIsPunched() {
    try (FileHandle file = FileHandle.inMemory("punched")) {
      file.resize(8L * page);
      try (Mapping mapping = Mapping.of(file).protection(READ_WRITE).posix(posix).map()) {
        NativeMemory.fill(mapping.address(), 8L * page, (byte) 1);

        file.punchHole(2L * page, 3L * page);

        assertThat(mapping.residentPages().stream()).containsExactly(0, 1, 5, 6, 7);
        assertThat(mapping.byteBuffer().get(2 * page)).isZero();
        assertThat(mapping.byteBuffer().get(5 * page)).isEqualTo((byte) 1);
        file.allocate(8L * page, page);
        assertThat(file.size()).isEqualTo(9L * page);
        assertThatThrownBy(() -> file.punchHole(0, 0))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage(
                "offset must be 0 or more, length 1 or more, and their sum less than 2^63, but they"
                    + " are 0 and 0");
        assertThatThrownBy(() -> file.resize(-1))
            .hasMessage("size must be 0 or more bytes, but is -1");
      }
    }
  }

  @Test
  void aDescriptorFromElsewhereIsTakenOver() {
    final int descriptor = posix.memfdCreate("raw", EnumSet.of(MemfdFlag.CLOEXEC));
    posix.ftruncate(descriptor, page);
    try (FileHandle file = FileHandle.adopt(descriptor);
        Mapping mapping = Mapping.of(file).posix(posix).map()) {
      assertThat(file.descriptor()).isEqualTo(descriptor);
      assertThat(mapping.length()).isEqualTo(page);
    }
    assertThat(OpenFiles.now()).doesNotContainKey(descriptor);
  }

  @Test
  void whatHasNoSizeIsNotHeldToOne() {
    try (FileHandle zeros = FileHandle.open(Path.of("/dev/zero"), OpenFlag.RDONLY);
        Mapping mapping =
            Mapping.of(zeros)
                .length(page)
                .copyOnWrite()
                .protection(READ_WRITE)
                .posix(posix)
                .map()) {
      mapping.buffer().putLong(0, 1);
      assertThat(mapping.buffer().getLong(8)).isZero();
    }
  }
}
