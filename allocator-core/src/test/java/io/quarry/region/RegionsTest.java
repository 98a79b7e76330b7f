package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.NativeMemory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Handing runs out and taking them back. */
final class RegionsTest extends RegionsFixture {

  @Test
  void nothingIsMappedBeforeTheFirstRun() {
    make(8 * MIB, IdlePolicy.UNMAP);

    assertThat(kernel.count("mmap")).isZero();
    final Run run = take(1);
    assertThat(run.address() % GRANULE).isZero();
    assertThat(run.pristine()).isTrue();
    assertThat(regions.reservedBytes()).isEqualTo(2 * MIB);
    assertThat(regions.mappedBytes()).isEqualTo(GRANULE);
    assertThat(heard).containsExactly("+2");
    checkBooks(List.of(run));
  }

  @Test
  void residentGranulesComeBeforeMappedOnesBeforeHolesBeforeNewRegions() {
    make(64 * MIB, IdlePolicy.UNMAP);
    final Run hole = take(2);
    final Run between = take(1);
    give(hole);
    assertThat(regions.returnIdle(now)).isEqualTo(2 * GRANULE);
    final Run idle = take(2); // fresh: behind the hole
    assertThat(offset(idle)).isEqualTo(3);
    give(idle);
    final long mmaps = kernel.count("mmap");

    assertThat(offset(take(1))).as("the lowest idle one").isEqualTo(3);
    assertThat(offset(take(1))).as("the other idle one").isEqualTo(4);
    final Run fresh = take(WHOLE - 5);
    assertThat(offset(fresh)).as("mapped and never issued").isEqualTo(5);
    assertThat(fresh.pristine()).isTrue();
    assertThat(kernel.count("mmap")).isEqualTo(mmaps);
    final Run again = take(2);
    assertThat(again.address()).as("the hole").isEqualTo(hole.address());
    assertThat(again.pristine()).isTrue();
    assertThat(heard).containsExactly("+2");
    take(1);
    assertThat(heard).containsExactly("+2", "+2");
    assertThat(between.address()).isNotEqualTo(again.address());
  }

  @Test
  void idleGranulesAreNotPristineAndDiscardedOnesAre() {
    make(2 * MIB, IdlePolicy.DISCARD);
    final Run run = take(4);
    NativeMemory.fill(run.address(), run.bytes(), (byte) 1);
    give(run);
    assertThat(take(2).pristine()).isFalse();
    assertThat(regions.returnIdle(now)).isEqualTo(2 * GRANULE);
    final Run clean = take(2);
    assertThat(clean.pristine()).isTrue();
    assertThat(NativeMemory.byteBuffer(clean.address(), (int) clean.bytes()).get(100)).isZero();
    assertThat(offset(clean)).isEqualTo(2);
    assertThat(take(WHOLE - 4).pristine()).isTrue();
    assertThat(tryTake(new Run(), 1, 1)).isEqualTo(Refusal.LIMIT);
  }

  @Test
  void runsAreAlignedByAddress() {
    make(64 * MIB, IdlePolicy.UNMAP);
    take(1);
    assertThat(take(3, 8).address() % (8 * GRANULE)).isZero();
    assertThat(take(1, WHOLE).address() % (2 * MIB)).isZero();
    assertThat(take(1, 4 * WHOLE).address() % (8 * MIB)).isZero();
    final Run huge = take(2 * WHOLE + 1, 2 * WHOLE);
    assertThat(huge.address() % (4 * MIB)).isZero();
    assertThat(huge.region().bytes()).isEqualTo(huge.bytes());
  }

  @Test
  void aRegionIsAlignedToItsSizeWhereverTheKernelPutsIt() {
    make(64 * MIB, 4 * MIB, IdlePolicy.UNMAP);
    misplacing.misplace(2);
    final Run run = take(1);
    assertThat(run.region().base() % (4 * MIB)).isZero();
    assertThat(kernel.mappedBytes()).isEqualTo(4 * MIB);
    misplacing.misplace(2);
    final Run huge = take(100);
    assertThat(huge.address() % (2 * MIB)).isZero();
    assertThat(kernel.mappedBytes()).isEqualTo(4 * MIB + huge.bytes());
  }

  @Test
  void theLimitIsExact() {
    make(2 * MIB, IdlePolicy.UNMAP);
    final Run most = take(WHOLE - 1);
    take(1);
    assertThat(regions.mappedBytes()).isEqualTo(2 * MIB);
    assertThat(tryTake(new Run(), 1, 1)).isEqualTo(Refusal.LIMIT);
    assertThat(tryTake(new Run(), WHOLE + 1, 1)).isEqualTo(Refusal.TOO_LARGE);
    assertThat(tryTake(new Run(), Long.MAX_VALUE >>> 16, 1)).isEqualTo(Refusal.TOO_LARGE);
    give(most);
    assertThat(take(WHOLE - 1).address()).isEqualTo(most.address());
    assertThat(kernel.mappedBytes()).isEqualTo(2 * MIB);
  }

  @Test
  void roomIsMadeByReturningNoMoreThanIsNeeded() {
    make(4 * MIB, IdlePolicy.UNMAP);
    final Run first = take(8);
    final Run second = take(16);
    take(24);
    final Run last = take(16); // 64 granules: at the limit, two regions
    give(first);
    give(last);
    // 20 in a row: 16 idle ones and 4 that are fresh, or a new region; 4 others must go.
    final Run run = take(20);
    assertThat(run.granules()).isEqualTo(20);
    assertThat(regions.mappedBytes()).isLessThanOrEqualTo(4 * MIB);
    assertThat(regions.returnedBytes()).isGreaterThanOrEqualTo(4 * GRANULE);
    assertThat(second.granules()).isEqualTo(16);
    assertThat(regions.mappedBytes()).isEqualTo((16 + 24 + 20) * GRANULE + regions.idleBytes());
  }

  @Test
  void whatIsKeptForGoodMakesNoRoom() {
    make(2 * MIB, IdlePolicy.KEEP);
    final Run low = take(8);
    take(8);
    final Run high = take(16);
    give(low);
    give(high);
    assertThat(regions.returnIdle(now)).isZero();
    assertThat(tryTake(new Run(), 17, 1)).isEqualTo(Refusal.LIMIT);
    assertThat(take(16).address()).isEqualTo(high.address());
    assertThat(kernel.count("munmap") + kernel.count("madvise")).isLessThanOrEqualTo(4);
    assertThat(regions.oldestIdleNanos()).isNull();
  }

  @Test
  void aRunIsShortenedAndLengthenedInPlace() {
    make(2 * MIB, IdlePolicy.UNMAP);
    final Run run = take(10);
    final Run next = take(1);
    regions.lock().lock();
    try {
      assertThat(regions.lengthen(run, 11)).isFalse();
      regions.shorten(run, 4);
      assertThat(run.granules()).isEqualTo(4);
      assertThat(regions.idleBytes()).isEqualTo(6 * GRANULE);
      assertThat(regions.lengthen(run, 11)).isFalse();
      assertThat(regions.lengthen(run, 10)).isTrue();
      assertThat(regions.idleBytes()).isZero();
      assertThat(regions.lengthen(next, WHOLE - 10)).isTrue();
      assertThat(regions.lengthen(next, WHOLE - 9)).as("the end of the region").isFalse();
      assertThat(regions.lengthen(next, Integer.MAX_VALUE)).isFalse();
    } finally {
      regions.lock().unlock();
    }
    checkBooks(List.of(run, next));
  }

  @Test
  void aRunIsNotLengthenedBeyondTheLimitNorIntoAHole() {
    make(3 * MIB / 2, IdlePolicy.UNMAP);
    final Run run = take(4);
    final Run next = take(4);
    final Run rest = take(15);
    give(next);
    regions.returnIdle(now);
    regions.lock().lock();
    try {
      assertThat(regions.lengthen(run, 5)).as("a hole").isFalse();
      assertThat(regions.lengthen(rest, 20)).isTrue();
      assertThat(regions.lengthen(rest, 21)).as("the limit").isFalse();
    } finally {
      regions.lock().unlock();
    }
    assertThat(regions.mappedBytes()).isEqualTo(3 * MIB / 2);
  }

  @Test
  void pagesAreMovedWithWhatTheyHold() {
    make(64 * MIB, IdlePolicy.UNMAP);
    final Run from = take(20);
    NativeMemory.fill(from.address(), from.bytes(), (byte) 5);
    final Run behind = take(12);
    final Run to = new Run();
    regions.lock().lock();
    try {
      assertThat(regions.move(from, to, 100)).isTrue();
    } finally {
      regions.lock().unlock();
    }
    assertThat(NativeMemory.byteBuffer(to.address(), (int) to.bytes()).get(20 * 65_536 - 1))
        .isEqualTo((byte) 5);
    assertThat(NativeMemory.byteBuffer(to.address(), (int) to.bytes()).get(20 * 65_536)).isZero();
    checkBooks(List.of(to, behind));
    assertThat(take(20).address()).as("the old place is a hole now").isEqualTo(from.address());
  }

  @Test
  void aMoveWithinTheLimitMayTouchItForAMoment() {
    make(4 * MIB, IdlePolicy.UNMAP);
    final Run from = take(40);
    final Run to = new Run();
    regions.lock().lock();
    try {
      assertThat(regions.move(from, to, 65)).as("above the limit").isFalse();
      assertThat(regions.mappedBytes()).isEqualTo(40 * GRANULE);
      assertThat(regions.move(from, to, 64)).isTrue();
      assertThat(regions.mappedBytes()).isEqualTo(4 * MIB);
    } finally {
      regions.lock().unlock();
    }
    assertThat(heard).as("nobody is left in the old region").containsExactly("+2", "+4", "-2");
  }
}
