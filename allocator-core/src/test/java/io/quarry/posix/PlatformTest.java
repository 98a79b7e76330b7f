package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PlatformTest {

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, LINUX",
    "Linux, x86_64, LINUX",
    "Linux, aarch64, LINUX",
    "Mac OS X, aarch64, MACOS",
    "Mac OS X, x86_64, MACOS",
    "Darwin, arm64, MACOS"
  })
  void theSupportedPlatforms(String osName, String osArch, Platform expected) {
    assertThat(Platform.of(osName, osArch)).isEqualTo(expected);
  }

  @Test
  void windowsIsToldWhereElseToRun() {
    assertThatThrownBy(() -> Platform.of("Windows 11", "amd64"))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage(
            "Quarry needs the system call mmap, which Windows 11 does not have: run it in WSL 2, in"
                + " a Linux container, or on Linux on x86-64 or AArch64 (best), or macOS, with a"
                + " 64-bit JVM.");
  }

  @ParameterizedTest
  @CsvSource({"Linux, x86", "Linux, arm", "Linux, riscv64", "FreeBSD, amd64", "SunOS, sparcv9"})
  void otherPlatformsAreToldWhereElseToRun(String osName, String osArch) {
    assertThatThrownBy(() -> Platform.of(osName, osArch))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage(
            "Quarry does not know the system calls of "
                + osName
                + " on "
                + osArch
                + ": run it on Linux on x86-64 or AArch64 (best), or macOS, with a 64-bit JVM.");
  }

  static Stream<Enum<?>> everyConstant() {
    return Stream.<Enum<?>[]>of(
            Protection.values(),
            MapFlag.values(),
            RemapFlag.values(),
            Advice.values(),
            OpenFlag.values(),
            Whence.values(),
            FallocateFlag.values(),
            MemfdFlag.values(),
            Seal.values(),
            SyncFlag.values(),
            LockFlag.values(),
            LockAllFlag.values(),
            UsageScope.values())
        .<Enum<?>>flatMap(Stream::of);
  }

  @ParameterizedTest
  @MethodSource("everyConstant")
  void linuxHasEveryConstant(Enum<?> constant) {
    assertThat(NativeConstants.LINUX.has(constant)).isTrue();
  }

  @Test
  void macOsHasItsOwnNumbers() {
    assertThat(NativeConstants.MACOS.bits(EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS)))
        .isEqualTo(0x1002);
    assertThat(NativeConstants.MACOS.value(Advice.FREE)).isEqualTo(5);
    assertThat(NativeConstants.MACOS.bits(EnumSet.of(OpenFlag.RDWR, OpenFlag.CREAT)))
        .isEqualTo(0x202);
    assertThat(NativeConstants.MACOS.value(SyncFlag.SYNC)).isEqualTo(0x10);
    assertThat(Errno.of(35, true)).isEqualTo(Errno.EAGAIN);
    assertThat(Errno.ENOSYS.number(true)).isEqualTo(78);
  }

  @Test
  void whatMacOsLacksIsRefusedByName() {
    assertThatThrownBy(() -> NativeConstants.MACOS.value(Advice.NOHUGEPAGE))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("macOS has no Advice.NOHUGEPAGE: leave it out there");
    assertThat(NativeConstants.MACOS.has(Seal.SHRINK)).isFalse();
    assertThat(NativeConstants.MACOS.has(UsageScope.THREAD)).isFalse();
  }

  @Test
  void flagsAreJoined() {
    assertThat(NativeConstants.LINUX.bits(EnumSet.noneOf(Protection.class))).isZero();
    assertThat(NativeConstants.LINUX.bits(EnumSet.allOf(Protection.class))).isEqualTo(7);
  }

  @Test
  void setBitsAreNamed() {
    assertThat(NativeConstants.LINUX.setOf(Seal.class, 0)).isEmpty();
    assertThat(NativeConstants.LINUX.setOf(Seal.class, 0b1010))
        .containsExactlyInAnyOrder(Seal.SHRINK, Seal.WRITE);
  }

  @Test
  void errorsAreKnownByNumber() {
    for (Errno error : Errno.values()) {
      for (boolean onMacOs : List.of(false, true)) {
        assertThat(Errno.of(error.number(onMacOs), onMacOs)).isEqualTo(error);
      }
    }
    assertThat(Errno.of(4095)).isEqualTo(Errno.UNKNOWN);
  }

  @Test
  void anUnknownErrorKeepsItsNumber() {
    final PosixException exception = new PosixException("munmap", "address=0x0, length=1", 4095);

    assertThat(exception.call()).isEqualTo("munmap");
    assertThat(exception.arguments()).isEqualTo("address=0x0, length=1");
    assertThat(exception.errno()).isEqualTo(4095);
    assertThat(exception.error()).isEqualTo(Errno.UNKNOWN);
    assertThat(exception).hasMessage("munmap(address=0x0, length=1): UNKNOWN (4095)");
  }
}
