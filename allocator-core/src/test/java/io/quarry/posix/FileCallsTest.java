package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The calls that a mapping needs of files. */
@EnabledOnOs(OS.LINUX)
final class FileCallsTest {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<OpenFlag> CREATE =
      EnumSet.of(OpenFlag.RDWR, OpenFlag.CREAT, OpenFlag.EXCL, OpenFlag.CLOEXEC);

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final Posix posix = left.posix();

  @TempDir Path directory;

  @Test
  void aFileIsCreatedWithItsPermissionsAndIsOpen() throws IOException {
    final Path path = directory.resolve("ä file");
    final Set<PosixFilePermission> odd = PosixFilePermissions.fromString("rwxr-x--x");
    final int file = posix.open(path, CREATE, odd);

    assertThat(Files.getPosixFilePermissions(path)).isEqualTo(odd);
    assertThat(OpenFiles.now()).containsEntry(file, path.toString());
    assertThatThrownBy(() -> posix.open(path, CREATE, odd))
        .isInstanceOf(PosixException.class)
        .hasMessage(
            "open(path="
                + path
                + ", flags=[RDWR, CREAT, EXCL, CLOEXEC], permissions=[OWNER_READ, OWNER_WRITE,"
                + " OWNER_EXECUTE, GROUP_READ, GROUP_EXECUTE, OTHERS_EXECUTE]): EEXIST (17); there"
                + " is such a file already");

    posix.close(file);
    assertThat(OpenFiles.now()).doesNotContainKey(file);
  }

  @Test
  void theSizeOfAFileIsSetAndAskedFor() throws IOException {
    final Path path = directory.resolve("file");
    final int file = posix.open(path, CREATE, OWNER_ONLY);

    posix.ftruncate(file, (5L << 32) + 1);
    assertThat(Files.size(path)).isEqualTo((5L << 32) + 1);
    assertThat(posix.lseek(file, 0, Whence.END)).isEqualTo((5L << 32) + 1);
    assertThat(posix.lseek(file, -(1L << 32), Whence.CUR)).isEqualTo((4L << 32) + 1);
    assertThat(posix.lseek(file, 7, Whence.SET)).isEqualTo(7);
    posix.close(file);

    final int shortened =
        posix.open(path, EnumSet.of(OpenFlag.WRONLY, OpenFlag.TRUNC), EnumSet.noneOf(owner()));
    assertThat(posix.lseek(shortened, 0, Whence.END)).isZero();
    posix.close(shortened);
  }

  private static Class<PosixFilePermission> owner() {
    return PosixFilePermission.class;
  }

  @Test
  void holesArePunchedAndFound() throws IOException {
    final int page = posix.pageSize();
    final int file = posix.memfdCreate("holes", EnumSet.of(MemfdFlag.CLOEXEC));
    posix.fallocate(file, EnumSet.noneOf(FallocateFlag.class), 0, 8L * page);
    assertThat(posix.lseek(file, 0, Whence.END)).isEqualTo(8L * page);
    final byte[] contents = new byte[8 * page];
    Arrays.fill(contents, (byte) 1);
    Files.write(Path.of("/proc/self/fd", Integer.toString(file)), contents);

    posix.fallocate(
        file, EnumSet.of(FallocateFlag.PUNCH_HOLE, FallocateFlag.KEEP_SIZE), 2L * page, 3L * page);

    assertThat(posix.lseek(file, 0, Whence.HOLE)).isEqualTo(2L * page);
    assertThat(posix.lseek(file, 2L * page, Whence.DATA)).isEqualTo(5L * page);
    posix.fallocate(file, EnumSet.of(FallocateFlag.KEEP_SIZE), 100L * page, page);
    assertThat(posix.lseek(file, 0, Whence.END)).isEqualTo(8L * page);
    posix.close(file);
  }

  @Test
  void aMemoryFileHasNameAndSizeAndFlags() throws IOException {
    final int file = posix.memfdCreate("quärry", EnumSet.of(MemfdFlag.CLOEXEC));
    final int inherited = posix.memfdCreate("", EnumSet.noneOf(MemfdFlag.class));

    assertThat(OpenFiles.now())
        .containsEntry(file, "/memfd:quärry (deleted)")
        .containsEntry(inherited, "/memfd: (deleted)");
    assertThat(openFlags(file) & 02000000).as("closed on exec").isNotZero();
    assertThat(openFlags(inherited) & 02000000).isZero();
    posix.ftruncate(file, 12_345);
    final Path again = Path.of("/proc/self/fd", Integer.toString(file));
    final int second = posix.open(again, EnumSet.of(OpenFlag.RDONLY), EnumSet.noneOf(owner()));
    assertThat(posix.lseek(second, 0, Whence.END)).isEqualTo(12_345);
    posix.close(second);
    posix.close(file);
    posix.close(inherited);
  }

  private static int openFlags(int file) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/fdinfo", Integer.toString(file))).stream()
        .filter(line -> line.startsWith("flags:"))
        .mapToInt(line -> Integer.parseInt(line.substring("flags:".length()).trim(), 8))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void sealsAreAddedAndForbidWhatTheySay() {
    final int file =
        posix.memfdCreate("sealed", EnumSet.of(MemfdFlag.CLOEXEC, MemfdFlag.ALLOW_SEALING));
    posix.ftruncate(file, 4096);
    assertThat(posix.fcntlGetSeals(file)).isEmpty();

    posix.fcntlAddSeals(file, EnumSet.of(Seal.SHRINK));
    posix.fcntlAddSeals(file, EnumSet.of(Seal.SEAL));

    assertThat(posix.fcntlGetSeals(file)).containsExactlyInAnyOrder(Seal.SHRINK, Seal.SEAL);
    posix.ftruncate(file, 8192);
    assertThatThrownBy(() -> posix.ftruncate(file, 4096))
        .hasMessage(
            "ftruncate(fd=" + file + ", length=4096): EPERM (1); a seal of the file forbids it");
    assertThatThrownBy(() -> posix.fcntlAddSeals(file, EnumSet.of(Seal.GROW)))
        .hasMessageStartingWith("fcntl(fd=" + file + ", F_ADD_SEALS, seals=[GROW]): EPERM (1)");
    posix.close(file);
  }

  @Test
  void aFileThatAllowsNoSealsIsSealedAgainstThem() {
    final int file = posix.memfdCreate("unsealed", EnumSet.of(MemfdFlag.CLOEXEC));

    assertThat(posix.fcntlGetSeals(file)).containsExactly(Seal.SEAL);
    posix.close(file);
  }

  @Test
  void everyCallReportsItsFailure() {
    final int closed = Integer.MAX_VALUE;
    final String badFile = ": EBADF (9); fd is not an open file, or not open as this call needs it";

    assertThatThrownBy(() -> posix.close(closed)).hasMessage("close(fd=2147483647)" + badFile);
    assertThatThrownBy(() -> posix.lseek(closed, 1, Whence.END))
        .hasMessage("lseek(fd=2147483647, offset=1, whence=END)" + badFile);
    assertThatThrownBy(() -> posix.ftruncate(closed, 1))
        .hasMessage("ftruncate(fd=2147483647, length=1)" + badFile);
    assertThatThrownBy(
            () -> posix.fallocate(closed, EnumSet.of(FallocateFlag.KEEP_SIZE), 2L << 40, 1))
        .hasMessage(
            "fallocate(fd=2147483647, flags=[KEEP_SIZE], offset=2199023255552, length=1)"
                + badFile);
    assertThatThrownBy(() -> posix.fcntlGetSeals(closed))
        .hasMessage("fcntl(fd=2147483647, F_GET_SEALS)" + badFile);
    assertThatThrownBy(
            () -> posix.open(directory.resolve("none"), EnumSet.of(OpenFlag.RDONLY), Set.of()))
        .hasMessageContaining("none, flags=[RDONLY], permissions=[]): ENOENT (2)");
    assertThatThrownBy(() -> posix.memfdCreate("x".repeat(250), EnumSet.of(MemfdFlag.CLOEXEC)))
        .hasMessageEndingWith(
            "EINVAL (22); the name is longer than 249 bytes, or this kernel lacks a flag");
    assertThatThrownBy(() -> posix.memfdCreate("a\0b", EnumSet.of(MemfdFlag.CLOEXEC)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a name must not contain the character 0");
  }
}
