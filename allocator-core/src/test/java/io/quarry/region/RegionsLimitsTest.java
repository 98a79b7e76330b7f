package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.posix.Errno;
import org.junit.jupiter.api.Test;

/** Growing runs, making room, and other things at the border of what may be. */
final class RegionsLimitsTest extends RegionsFixture {

  private boolean lengthen(final Run run, final int granules) {
    regions.lock().lock();
    try {
      return regions.lengthen(run, granules);
    } finally {
      regions.lock().unlock();
    }
  }

  @Test
  void aRunGrowsUpToTheLimitAndNoFurther() {
    make(2 * MIB, 4 * MIB, IdlePolicy.UNMAP);
    final Run run = take(WHOLE - 2);
    assertThat(lengthen(run, WHOLE + 1)).isFalse();
    assertThat(run.granules()).isEqualTo(WHOLE - 2);
    assertThat(lengthen(run, WHOLE)).isTrue();
    assertThat(run.granules()).isEqualTo(WHOLE);
    assertThat(regions.mappedBytes()).isEqualTo(2 * MIB);
  }

  @Test
  void whatIsIdleBehindARunIsMappedAlready() {
    make(2 * MIB, IdlePolicy.UNMAP);
    final Run run = take(WHOLE / 2);
    give(take(WHOLE / 2));
    assertThat(lengthen(run, WHOLE)).isTrue();
    assertThat(regions.idleBytes()).isZero();
    assertThat(lengthen(run, WHOLE + 1)).as("the region ends there").isFalse();
  }

  @Test
  void whereRunsMayMoveTheyStayInOneMapping() {
    for (final IdlePolicy policy : IdlePolicy.values()) {
      make(2 * MIB, policy);
      final Run run = take(4);
      final Run behind = take(4);
      take(WHOLE - 8);
      give(behind);
      regions.returnIdle(now);
      final Run again = take(2); // of the hole, if it was unmapped
      assertThat(again.address()).isEqualTo(behind.address());
      give(again);
      assertThat(lengthen(run, 5)).isEqualTo(policy != IdlePolicy.UNMAP);
      assertThat(regions.close()).isNull();
    }
  }

  @Test
  void noRoomIsMadeWhereTheKernelTakesNothingBack() {
    make(2 * MIB, 4 * MIB, IdlePolicy.UNMAP);
    final Run idle = take(WHOLE / 2);
    take(WHOLE / 2);
    give(idle);
    posix.arm(Errno.EINVAL, (call, ordinal) -> call.equals("madvise") || call.equals("munmap"));
    assertThat(tryTake(new Run(), WHOLE / 2 + 1, 1)).isEqualTo(Refusal.LIMIT);
    assertThat(regions.idleBytes()).isEqualTo(MIB);
    posix.disarm();
    assertThat(tryTake(new Run(), WHOLE / 2, 1)).isNull();
  }

  @Test
  void roomIsMadeInAsManyRegionsAsItTakes() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run first = take(WHOLE / 2);
    take(WHOLE / 2);
    final Run second = take(WHOLE / 2);
    take(WHOLE / 2);
    final Run third = take(WHOLE / 2);
    take(WHOLE / 2);
    take(WHOLE - 8);
    give(first);
    give(second);
    give(third);
    // A region of its own: 8 granules are left, 16 have to be had from the first, and 8 more.
    take(WHOLE, WHOLE);
    assertThat(regions.idleBytes()).isEqualTo((3 * WHOLE / 2 - (WHOLE - 8)) * GRANULE);
    assertThat(regions.mappedBytes()).isEqualTo(8 * MIB);
  }

  @Test
  void theOldestIdleGranuleOfAllRegionsCounts() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run[] runs = {take(WHOLE), take(WHOLE), take(WHOLE)};
    assertThat(regions.oldestIdleNanos()).isNull();
    for (final int order : new int[] {1, 0, 2}) {
      now += 100;
      give(runs[order]);
      assertThat(regions.oldestIdleNanos()).isEqualTo(1_100);
    }
    regions.returnIdle(1_100);
    assertThat(regions.oldestIdleNanos()).isEqualTo(1_200);
  }

  @Test
  void headroomIsAShareAndAtMostOneBlockOfTheLargestClass() {
    assertThat(Regions.headroomOf(127)).isZero();
    assertThat(Regions.headroomOf(128)).isEqualTo(1);
    assertThat(Regions.headroomOf(5 * 128 + 127)).isEqualTo(5);
    assertThat(Regions.headroomOf(1L << 30)).isEqualTo(16);
  }

  @Test
  void aRegionHasAWindowUpToWhatABufferSpans() {
    final int most = (int) (Geometry.MAX_REGION_BYTES / GRANULE);
    assertThat(new Region(most).hasWindow()).isTrue();
    final Region larger = new Region(most + 1);
    assertThat(larger.hasWindow()).isFalse();
    assertThatThrownBy(larger::window).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void gaugesShowWhatIsUsedAndWhatIsMapped() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run run = take(5);
    take(2);
    assertThat(regions.usedGauge().shown()).isEqualTo(7);
    assertThat(regions.mappedGauge().shown()).isEqualTo(7);
    give(run);
    assertThat(regions.usedGauge().shown()).isEqualTo(2);
    assertThat(regions.mappedGauge().shown()).isEqualTo(7);
    regions.returnIdle(now);
    assertThat(regions.mappedGauge().shown()).isEqualTo(2);
  }
}
