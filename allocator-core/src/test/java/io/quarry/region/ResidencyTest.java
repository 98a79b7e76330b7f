package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.posix.Errno;
import io.quarry.posix.NativeMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is resident, by the kernel's account, also where it says nothing of a piece. */
final class ResidencyTest extends RegionsFixture {

  @Test
  void whatWasTouchedIsResidentAndWhatWasReturnedIsNot() {
    make(64 * MIB, 64 * MIB, IdlePolicy.UNMAP);
    assertThat(regions.residentBytes()).isZero();
    final Run first = take(3);
    final Run second = take(5);
    take(1);
    NativeMemory.fill(first.address(), first.bytes(), (byte) 1);
    NativeMemory.fill(second.address(), GRANULE, (byte) 1);
    assertThat(regions.residentBytes()).isEqualTo(4 * GRANULE);
    give(first);
    regions.returnIdle(now);
    assertThat(regions.residentBytes()).isEqualTo(GRANULE);
  }

  @Test
  void allRegionsCount() {
    make(8 * MIB, IdlePolicy.UNMAP);
    for (int i = 0; i < 3; i++) {
      NativeMemory.fill(take(WHOLE).address(), GRANULE, (byte) 1);
    }
    assertThat(regions.residentBytes()).isEqualTo(3 * GRANULE);
  }

  @ParameterizedTest
  @CsvSource({"1, 8", "2, 8", "3, 8"})
  void aPieceOfWhichTheKernelSaysNothingIsAskedForInHalves(final int refused, final int granules) {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run run = take(granules);
    NativeMemory.fill(run.address(), run.bytes(), (byte) 1);
    posix.arm(Errno.ENOMEM, (call, ordinal) -> call.equals("mincore") && ordinal <= refused);
    assertThat(regions.residentBytes()).isEqualTo(granules * GRANULE);
  }

  @Test
  void aGranuleOfWhichItNeverSaysAnythingIsNotCounted() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run run = take(4);
    NativeMemory.fill(run.address(), run.bytes(), (byte) 1);
    posix.arm(Errno.ENOMEM, (call, ordinal) -> call.equals("mincore"));
    assertThat(regions.residentBytes()).isZero();
    assertThat(regions.residentPages(run)).isNull();
  }

  @Test
  void afterTheEndNothingIs() {
    make(8 * MIB, IdlePolicy.UNMAP);
    NativeMemory.fill(take(1).address(), GRANULE, (byte) 1);
    regions.close();
    assertThat(regions.residentBytes()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 2097152", // no capacity
    "65535, 2097152",
    "65537, 2097152", // no multiple of a granule
    "-65536, 2097152",
    "65536, 1048576", // less than the least region
    "65536, 3145728", // no power of two
    "65536, 2147483648" // more than a buffer spans
  })
  void settingsThatCannotBeAreRefused(final long capacity, final long region) {
    assertThatThrownBy(() -> new RegionSettings(capacity, region, IdlePolicy.UNMAP))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theLeastAndTheMostAreAllowed() {
    for (final long region : new long[] {Geometry.MIN_REGION_BYTES, Geometry.MAX_REGION_BYTES}) {
      final RegionSettings settings = new RegionSettings(GRANULE, region, IdlePolicy.UNMAP);
      assertThat(settings.regionBytes()).isEqualTo(region);
      assertThat(settings.keepingIdle())
          .isEqualTo(new RegionSettings(GRANULE, region, IdlePolicy.KEEP));
    }
  }
}
