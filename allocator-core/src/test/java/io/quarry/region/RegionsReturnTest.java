package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.Errno;
import io.quarry.posix.MapFlag;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What goes back to the kernel, when, and how; and what the kernel may refuse. */
final class RegionsReturnTest extends RegionsFixture {

  @Test
  void granulesAreReturnedWhenTheyWereIdleForLongEnough() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run early = take(1);
    final Run late = take(1);
    final Run used = take(1);
    give(early);
    now = 2_000;
    give(late);

    assertThat(regions.oldestIdleNanos()).isEqualTo(1_000);
    assertThat(regions.returnIdle(999)).isZero();
    assertThat(regions.returnIdle(1_999)).isEqualTo(GRANULE);
    assertThat(regions.oldestIdleNanos()).isEqualTo(2_000);
    assertThat(regions.returnIdle(2_000)).isEqualTo(GRANULE);
    assertThat(regions.oldestIdleNanos()).isNull();
    assertThat(regions.returnedBytes()).isEqualTo(2 * GRANULE);
    assertThat(kernel.mappedBytes()).isEqualTo(2 * MIB - 2 * GRANULE);
    checkBooks(List.of(used));
  }

  @Test
  void neighboursAreUnmappedTogether() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final List<Run> runs = new ArrayList<>();
    for (int i = 0; i < WHOLE / 2; i++) {
      runs.add(take(2));
    }
    final Run last = runs.remove(WHOLE / 2 - 1);
    runs.forEach(this::give);
    kernel.resetCounts();

    assertThat(regions.returnIdle(now)).isEqualTo((WHOLE - 2) * GRANULE);
    assertThat(kernel.count("munmap")).isOne();
    assertThat(regions.mappings()).isOne();
    checkBooks(List.of(last));
  }

  @Test
  void aRegionThatNobodyUsesGoesAsAWhole() {
    make(64 * MIB, IdlePolicy.UNMAP);
    final Run first = take(WHOLE);
    final Run second = take(WHOLE);
    give(first);
    assertThat(regions.returnIdle(now)).isEqualTo(2 * MIB);
    assertThat(heard).containsExactly("+2", "+2", "-2");
    assertThat(regions.reservedBytes()).isEqualTo(2 * MIB);
    assertThat(kernel.mappedBytes()).isEqualTo(2 * MIB);
    give(second);
    regions.returnIdle(now);
    assertThat(kernel.mappedRanges()).isEmpty();
    assertThat(regions.mappings()).isZero();
    assertThat(take(1).pristine()).as("and a new one comes when needed").isTrue();
  }

  @Test
  void discardingKeepsTheMapping() {
    make(8 * MIB, IdlePolicy.DISCARD);
    final Run run = take(WHOLE);
    NativeMemory.fill(run.address(), run.bytes(), (byte) 1);
    give(run);
    kernel.resetCounts();
    assertThat(regions.returnIdle(now)).isEqualTo(2 * MIB);
    assertThat(kernel.count("munmap")).isZero();
    assertThat(regions.mappedBytes()).isZero();
    assertThat(kernel.mappedBytes()).isEqualTo(2 * MIB);
    assertThat(kernel.mincore(run.address(), run.bytes()).cardinality()).isZero();
    regions.lock().lock();
    try {
      assertThat(regions.move(take(1), new Run(), WHOLE)).as("no page is unmapped").isFalse();
    } finally {
      regions.lock().unlock();
    }
  }

  @Test
  void beyondTheShareHolesAreRefusedAndRegionsToo() {
    share = new MappingCount(8); // seven for holes
    make(64 * MIB, IdlePolicy.UNMAP);
    final List<Run> runs = new ArrayList<>();
    for (int i = 0; i < WHOLE; i++) {
      runs.add(take(1));
    }
    for (int i = 1; i < WHOLE; i += 2) {
      give(runs.get(i));
    }
    assertThat(regions.returnIdle(now)).isEqualTo(WHOLE / 2 * GRANULE);
    assertThat(regions.mappings()).isEqualTo(7);
    assertThat(kernel.mappedRanges()).hasSize(7);
    assertThat(kernel.count("madvise")).as("the rest was discarded").isGreaterThan(8);
    assertThat(regions.mappedBytes()).isEqualTo(WHOLE / 2 * GRANULE);

    final Run another = take(WHOLE);
    assertThat(tryTake(new Run(), WHOLE, 1)).isEqualTo(Refusal.MAP_COUNT);
    give(another);
    regions.returnIdle(now);
    assertThat(take(WHOLE).granules()).as("and again").isEqualTo(WHOLE);
  }

  @Test
  void aStrangersMemoryInAHoleIsNeverTouched() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run hole = take(4);
    final Run used = take(1);
    give(hole);
    regions.returnIdle(now);
    final long page = kernel.pageSize();
    final long place = hole.address() + GRANULE + page;
    final Posix stranger = Posix.host();
    stranger.mmap(
        place,
        page,
        EnumSet.of(Protection.READ, Protection.WRITE),
        EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.FIXED_NOREPLACE),
        Posix.NO_FILE,
        0);
    NativeMemory.fill(place, page, (byte) 9);
    take(WHOLE - 5);

    final Run elsewhere = take(4);
    assertThat(elsewhere.region()).isNotSameAs(used.region());
    assertThat(NativeMemory.byteBuffer(place, (int) page).get(0)).isEqualTo((byte) 9);
    assertThat(regions.close()).isNull();
    assertThat(NativeMemory.byteBuffer(place, (int) page).get((int) page - 1)).isEqualTo((byte) 9);
    stranger.munmap(place, page);
  }

  @Test
  void aKernelThatTakesAddressesForHintsIsUnderstood() {
    make(4 * MIB, IdlePolicy.UNMAP);
    final Run hole = take(4);
    take(WHOLE - 4);
    give(hole);
    regions.returnIdle(now);
    misplacing.takeForHints(1);

    final Run run = take(2);
    assertThat(run.address())
        .as("the hole was taken for a stranger's")
        .isNotEqualTo(hole.address());
    assertThat(kernel.mappedBytes()).isEqualTo(2 * MIB - 2 * GRANULE - 2 * GRANULE + 2 * GRANULE);
  }

  @Test
  void whatTheKernelKeepsIsTriedAgainAnotherTime() {
    make(2 * MIB, IdlePolicy.UNMAP);
    final Run run = take(4);
    take(WHOLE - 4);
    give(run);
    posix.arm(Errno.EINVAL, (call, ordinal) -> !call.equals("mmap"));
    now = 5_000;
    assertThat(regions.returnIdle(now)).isZero();
    assertThat(regions.idleBytes()).isEqualTo(4 * GRANULE);
    assertThat(regions.oldestIdleNanos()).isEqualTo(5_000);
    assertThat(regions.lastRefusal().error()).isEqualTo(Errno.EINVAL);
    posix.disarm();
    assertThat(regions.returnIdle(4_999)).isZero();
    assertThat(regions.returnIdle(5_000)).isEqualTo(4 * GRANULE);
  }

  @Test
  void eachWayOfReturningStandsInForTheOther() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run run = take(4);
    take(1);
    give(run);
    posix.arm(Errno.ENOMEM, (call, ordinal) -> call.equals("munmap"));
    assertThat(regions.returnIdle(now)).isEqualTo(4 * GRANULE);
    assertThat(regions.mappedBytes()).isEqualTo(GRANULE);
    assertThat(kernel.mappedBytes()).isEqualTo(2 * MIB);
    assertThat(take(4).pristine()).isTrue();
  }

  @Test
  void whoNeedsRoomWaitsForWhatIsLeaving() throws InterruptedException {
    final CountDownLatch inKernel = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    make(2 * MIB, IdlePolicy.UNMAP);
    take(1);
    final Run idle = take(WHOLE - 1);
    give(idle);
    posix.arm(
        Errno.ENOMEM,
        (call, ordinal) -> {
          if (call.equals("munmap") && Thread.currentThread().getName().equals("returning")) {
            inKernel.countDown();
            await(goOn);
          }
          return false;
        });
    final Thread returning = new Thread(() -> regions.returnIdle(now), "returning");
    returning.start();
    await(inKernel);
    final Run[] taken = new Run[1];
    final Thread taking = new Thread(() -> taken[0] = take(WHOLE - 1), "taking");
    taking.start();
    taking.join(100);
    assertThat(taking.isAlive()).as("at the limit until the kernel has it").isTrue();
    goOn.countDown();
    returning.join();
    taking.join(10_000);
    assertThat(taken[0].pristine()).isTrue();
    assertThat(regions.mappedBytes()).isEqualTo(2 * MIB);
  }

  private static void await(final CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (final InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void closingUnmapsWhatIsMappedAndRefusesTheRest() {
    make(8 * MIB, IdlePolicy.UNMAP);
    final Run run = take(4);
    take(4);
    final Run idle = take(40);
    give(run);
    regions.returnIdle(now);
    give(idle);
    kernel.resetCounts();

    assertThat(regions.close()).isNull();
    assertThat(kernel.mappedRanges()).isEmpty();
    assertThat(kernel.count("munmap")).isEqualTo(2);
    assertThat(present).isEmpty();
    assertThat(regions.close()).isNull();
    assertThat(kernel.count("munmap")).isEqualTo(2);
    assertThat(tryTake(new Run(), 1, 1)).isEqualTo(Refusal.CLOSED);
    assertThat(regions.returnIdle(now)).isZero();
    assertThat(regions.mappedBytes() + regions.idleBytes() + regions.reservedBytes()).isZero();
  }

  @Test
  void closingAgainUnmapsWhatTheKernelKept() {
    make(8 * MIB, IdlePolicy.UNMAP);
    take(4);
    final Run hole = take(4);
    take(WHOLE - 8);
    take(WHOLE);
    give(hole);
    regions.returnIdle(now);
    posix.armOnce(Errno.ENOMEM, "munmap", 2);

    assertThat(((PosixException) regions.close()).error()).isEqualTo(Errno.ENOMEM);
    assertThat(kernel.mappedRanges()).isNotEmpty();
    assertThat(regions.close()).isNull();
    assertThat(kernel.mappedRanges()).isEmpty();
  }

  @Test
  void whatCannotBeTrimmedIsUnmappedInTheEnd() {
    for (int failing = 1; failing <= 3; failing++) {
      make(8 * MIB, IdlePolicy.UNMAP);
      misplacing.misplace(2);
      posix.armOnce(Errno.ENOMEM, "munmap", failing);
      final Run run = take(1);
      assertThat(run.region().base() % (2 * MIB)).isZero();
      assertThat(kernel.mappedBytes()).as("munmap %d refused", failing).isGreaterThan(2 * MIB);
      posix.disarm();
      regions.close();
      assertThat(kernel.mappedRanges()).as("munmap %d refused", failing).isEmpty();
    }
  }
}
