package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A file mapped private: the mapping's changes are its own. */
@EnabledOnOs(OS.LINUX)
final class PrivateFileTest {

  private static final Protection[] READ_WRITE = {Protection.READ, Protection.WRITE};

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final Posix posix = left.posix();
  private final int page = posix.pageSize();

  @TempDir Path directory;

  @Test
  void theFileStaysAsItWasAndTheMappingKeepsItsChange() throws IOException {
    final byte[] contents = new byte[4 * page];
    Arrays.fill(contents, (byte) 'a');
    final Path path = Files.write(directory.resolve("file"), contents);

    try (Mapping own =
            Mapping.ofFile(path).copyOnWrite().protection(READ_WRITE).posix(posix).map();
        Mapping shared = Mapping.ofFile(path).posix(posix).map()) {
      own.byteBuffer().put(page, (byte) 'b');
      own.sync();

      assertThat(own.byteBuffer().get(page)).isEqualTo((byte) 'b');
      assertThat(own.byteBuffer().get(page + 1)).as("copied along").isEqualTo((byte) 'a');
      assertThat(shared.byteBuffer().get(page)).isEqualTo((byte) 'a');
      assertThat(Files.readAllBytes(path)).isEqualTo(contents);
      assertThat(ProcMaps.mappingAt(own.address()).orElseThrow().permissions()).isEqualTo("rw-p");
    }
    assertThat(Files.readAllBytes(path)).isEqualTo(contents);
  }

  @Test
  void aFileThatCanOnlyBeReadIsEnough() throws IOException {
    final Path path = Files.write(directory.resolve("file"), new byte[page]);

    try (FileHandle readOnly = FileHandle.open(path, OpenFlag.RDONLY);
        Mapping mapping =
            Mapping.of(readOnly).copyOnWrite().protection(READ_WRITE).posix(posix).map()) {
      mapping.byteBuffer().put(0, (byte) 1);
      assertThat(mapping.byteBuffer().get(0)).isEqualTo((byte) 1);
    }
    assertThat(Files.readAllBytes(path)[0]).isZero();
  }

  @Test
  void onlyPagesThatWereWrittenAreCopied() throws IOException {
    final Path path = Files.write(directory.resolve("file"), new byte[64 * page]);

    try (Mapping mapping =
        Mapping.ofFile(path).copyOnWrite().protection(READ_WRITE).posix(posix).map()) {
      for (int i = 0; i < 64; i++) {
        assertThat(mapping.byteBuffer().get(i * page)).isZero();
      }
      assertThat(ProcMaps.anonymousBytesAt(mapping.address())).isZero();
      mapping.byteBuffer().put(3 * page, (byte) 1).put(30 * page, (byte) 1);
      assertThat(ProcMaps.anonymousBytesAt(mapping.address())).isEqualTo(2L * page);

      mapping.advise(3L * page, page, Advice.DONTNEED);
      assertThat(mapping.byteBuffer().get(3 * page)).as("the file's again").isZero();
    }
  }
}
