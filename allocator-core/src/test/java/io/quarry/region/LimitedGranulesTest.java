package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.Errno;
import io.quarry.posix.NativeMemory;
import org.junit.jupiter.api.Test;

/** A limit within a limit, to the granule, and what of it can be seen. */
final class LimitedGranulesTest extends RegionsFixture {

  private LimitedGranules limited(final long granules) {
    return new LimitedGranules(regions, granules * GRANULE);
  }

  private Refusal tryTake(final LimitedGranules supply, final Run run, final long granules) {
    supply.lock().lock();
    try {
      return supply.take(run, granules, 1);
    } finally {
      supply.lock().unlock();
    }
  }

  private Run take(final LimitedGranules supply, final int granules) {
    final Run run = new Run();
    assertThat(tryTake(supply, run, granules)).isNull();
    return run;
  }

  private void give(final LimitedGranules supply, final Run run) {
    supply.lock().lock();
    try {
      supply.give(run, now);
    } finally {
      supply.lock().unlock();
    }
  }

  @Test
  void theLimitIsExactAndWhatIsGivenBackServesEverybody() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final LimitedGranules supply = limited(10);
    assertThat(supply.limitBytes()).isEqualTo(10 * GRANULE);
    assertThat(supply.lock()).isSameAs(regions.lock());
    final Run run = take(supply, 7);
    final Run rest = take(supply, 3);
    assertThat(supply.mappedBytes()).isEqualTo(10 * GRANULE);
    assertThat(supply.reservedBytes()).isEqualTo(10 * GRANULE);
    assertThat(supply.usedGauge().shown()).isEqualTo(10);
    assertThat(tryTake(supply, new Run(), 1)).isEqualTo(Refusal.LIMIT);
    assertThat(tryTake(supply, new Run(), 10)).isEqualTo(Refusal.LIMIT);
    assertThat(tryTake(supply, new Run(), 11)).isEqualTo(Refusal.TOO_LARGE);
    give(supply, run);
    assertThat(supply.mappedBytes()).isEqualTo(3 * GRANULE);
    assertThat(supply.returnedBytes()).isEqualTo(7 * GRANULE);
    assertThat(supply.usedGauge().shown()).isEqualTo(3);
    assertThat(regions.idleBytes()).isEqualTo(7 * GRANULE);
    assertThat(supply.idleBytes()).isZero();
    assertThat(take(supply, 7).address()).isEqualTo(run.address());
    give(supply, rest);
    assertThat(supply.returnedBytes()).isEqualTo(10 * GRANULE);
  }

  @Test
  void whatTheParentRefusesIsNotCounted() {
    make(2 * MIB, IdlePolicy.UNMAP);
    final LimitedGranules supply = limited(WHOLE);
    final Run others = take(WHOLE - 4);
    assertThat(tryTake(supply, new Run(), 5)).isEqualTo(Refusal.PARENT_LIMIT);
    assertThat(supply.mappedBytes()).isZero();
    take(supply, 4);
    give(others);
    posix.arm(Errno.ENOMEM, (call, ordinal) -> call.equals("mmap"));
    take(supply, WHOLE - 4); // idle: nothing needs to be mapped
    posix.disarm();
    assertThat(limited(100).limitBytes()).as("no more than the parent's").isEqualTo(2 * MIB);
  }

  @Test
  void aRefusedRequestSoundsTheAlarmOfItsOwnGauge() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final LimitedGranules supply = limited(4);
    supply.usedGauge().mark(100, 100);
    regions.usedGauge().mark(1_000, 1_000);
    assertThat(tryTake(supply, new Run(), 4)).isNull();
    assertThat(supply.usedGauge().takeRefusal()).isFalse();
    assertThat(tryTake(supply, new Run(), 1)).isEqualTo(Refusal.LIMIT);
    assertThat(supply.usedGauge().takeRefusal()).isTrue();
    assertThat(regions.usedGauge().takeRefusal()).isFalse();
  }

  @Test
  void headroomIsLeftOnlyWhereItIsNotNeededToFulfilTheRequestAtAll() {
    make(512 * MIB, 32 * MIB, IdlePolicy.UNMAP);
    final LimitedGranules supply = limited(256); // two of them are headroom
    regions.lock().lock();
    try {
      assertThat(supply.takeLeavingHeadroom(new Run(), 254, 1)).isNull();
      assertThat(supply.takeLeavingHeadroom(new Run(), 1, 1)).isEqualTo(Refusal.LIMIT);
      final Run headroom = new Run();
      assertThat(supply.take(headroom, 2, 1)).isNull();
      assertThat(supply.take(new Run(), 1, 1)).isEqualTo(Refusal.LIMIT);
      supply.give(headroom, now);
      final LimitedGranules another = limited(256);
      assertThat(another.takeLeavingHeadroom(new Run(), 255, 1)).isNull();
      assertThat(another.takeLeavingHeadroom(new Run(), 1, 1)).isEqualTo(Refusal.LIMIT);
    } finally {
      regions.lock().unlock();
    }
  }

  @Test
  void theHeadroomOfTheParentIsLeftAsWell() {
    make(8 * MIB, IdlePolicy.UNMAP); // 128 granules, one of them headroom
    final LimitedGranules supply = limited(100);
    take(32);
    regions.lock().lock();
    try {
      assertThat(supply.takeLeavingHeadroom(new Run(), 95, 1)).isNull();
      assertThat(supply.takeLeavingHeadroom(new Run(), 1, 1)).isEqualTo(Refusal.PARENT_LIMIT);
      assertThat(supply.take(new Run(), 1, 1)).isNull();
    } finally {
      regions.lock().unlock();
    }
  }

  @Test
  void whatTheSupplyMayNotOrCannotDiscardItCannotEither() {
    make(8 * MIB, IdlePolicy.KEEP);
    final LimitedGranules supply = limited(10);
    assertThat(supply.mayDiscard()).isFalse();
    final Run run = take(supply, 2);
    posix.arm(Errno.EINVAL, (call, ordinal) -> call.equals("madvise"));
    assertThat(supply.discard(run, 0, GRANULE)).isFalse();
  }

  @Test
  void runsGrowAndShrinkWithinTheLimit() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final LimitedGranules supply = limited(10);
    final Run run = take(supply, 4);
    regions.lock().lock();
    try {
      assertThat(supply.lengthen(run, 11)).isFalse();
      assertThat(supply.lengthen(run, 10)).isTrue();
      assertThat(run.granules()).isEqualTo(10);
      assertThat(supply.mappedBytes()).isEqualTo(10 * GRANULE);
      supply.shorten(run, 3);
      assertThat(run.granules()).isEqualTo(3);
      assertThat(supply.mappedBytes()).isEqualTo(3 * GRANULE);
      assertThat(supply.returnedBytes()).isEqualTo(7 * GRANULE);
      final Run blocker = new Run();
      assertThat(regions.take(blocker, 1, 1)).isNull();
      assertThat(supply.lengthen(run, 4)).as("somebody is in the way").isFalse();
      assertThat(supply.mappedBytes()).isEqualTo(3 * GRANULE);
      assertThat(supply.take(new Run(), 7, 1)).isNull();
      assertThat(supply.take(new Run(), 1, 1)).isEqualTo(Refusal.LIMIT);
    } finally {
      regions.lock().unlock();
    }
  }

  @Test
  void aMoveCountsItsGrowthOnly() {
    make(64 * MIB, IdlePolicy.UNMAP);
    final LimitedGranules supply = limited(50);
    final Run run = take(supply, 20);
    NativeMemory.fill(run.address(), run.bytes(), (byte) 5);
    final Run to = new Run();
    regions.lock().lock();
    try {
      assertThat(supply.move(run, to, 51)).isFalse();
      posix.arm(Errno.EINVAL, (call, ordinal) -> call.equals("mremap"));
      assertThat(supply.move(run, to, 50)).isFalse();
      assertThat(supply.mappedBytes()).isEqualTo(20 * GRANULE);
      posix.disarm();
      assertThat(supply.move(run, to, 50)).isTrue();
      assertThat(supply.mappedBytes()).isEqualTo(50 * GRANULE);
      assertThat(supply.take(new Run(), 1, 1)).isEqualTo(Refusal.LIMIT);
    } finally {
      regions.lock().unlock();
    }
    assertThat(NativeMemory.byteBuffer(to.address(), (int) run.bytes()).get(100))
        .isEqualTo((byte) 5);
  }

  @Test
  void whatIsTheSuppliesIsAskedOfIt() {
    make(8 * MIB, IdlePolicy.DISCARD);
    final LimitedGranules supply = limited(10);
    final Run run = take(supply, 2);
    NativeMemory.fill(run.address(), run.bytes(), (byte) 1);
    assertThat(supply.mayDiscard()).isTrue();
    assertThat(supply.pageSize()).isEqualTo(kernel.pageSize());
    final int pages = (int) (run.bytes() / supply.pageSize());
    assertThat(supply.residentPages(run).cardinality()).isEqualTo(pages);
    assertThat(supply.discard(run, GRANULE, GRANULE)).isTrue();
    assertThat(supply.residentPages(run).cardinality()).isEqualTo(pages / 2);
    assertThat(NativeMemory.byteBuffer(run.address(), 1).get(0)).isEqualTo((byte) 1);
    give(supply, run);
    assertThat(supply.oldestIdleNanos()).as("what is idle is the supply's").isNull();
    assertThat(supply.returnIdle(now)).isZero();
    assertThat(regions.idleBytes()).isEqualTo(2 * GRANULE);
    assertThat(supply.mappings()).isZero();
    assertThat(supply.metadataBytes()).isZero();
  }
}
