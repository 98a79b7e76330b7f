package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.NativeMemory;
import io.quarry.region.Refusal;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import io.quarry.threads.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** All heaps of an allocator: who is woken, what is given up, and what comes of the end. */
class HeapsTest extends HeapsFixture {
  private static final long IDLE = 1_000_000_000L;
  private static final int KIB = SizeClasses.of(1 << 10);

  private static Slab slabOf(final long address) {
    return SlabDirectory.slabAt(address);
  }

  private long allocate(final long size) {
    final long outcome = heaps.allocate(size, 16);
    assertThat(outcome).isPositive();
    return Heaps.untagged(outcome);
  }

  /** Runs something in a thread that is dead afterwards. */
  private static void inThread(final Runnable work) throws InterruptedException {
    final Thread thread = new Thread(work);
    thread.start();
    thread.join();
  }

  // --- waking the agent --------------------------------------------------------------------------

  @Test
  void theAgentSleepsUntilSomethingHappensAndIsWokenOnce() {
    assertThat(heaps.housekeep(now, IDLE)).isEqualTo(Long.MAX_VALUE);
    assertThat(wakes).isZero();
    final long block = allocate(3 << 20);
    assertThat(wakes).as("nothing is due because of it").isZero();
    heaps.free(block);
    assertThat(wakes).isEqualTo(1);
    heaps.free(allocate(3 << 20));
    assertThat(wakes).isEqualTo(1);
    assertThat(heaps.housekeep(now, IDLE)).isBetween(1L, IDLE);
    heaps.free(allocate(3 << 20));
    assertThat(wakes).as("it comes back soon enough").isEqualTo(1);
    now += IDLE;
    heaps.housekeep(now, IDLE);
    assertThat(regions.mappedBytes()).isZero();
    now += IDLE;
    assertThat(heaps.housekeep(now, IDLE)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aSharedSlabThatFallsEmptyWakesTheAgent() {
    final long block = allocate(1_000); // the first blocks of a thread are from a shared heap
    assertThat(((Heap) slabOf(block).owner()).lock()).isNotNull();
    long delay = heaps.housekeep(now, IDLE);
    for (int i = 0; i < 3 && delay <= IDLE; i++) { // it rests, and is put away
      now += IDLE;
      delay = heaps.housekeep(now, IDLE);
    }
    assertThat(slabOf(block).isCurrent()).isFalse();
    heaps.free(block);
    assertThat(slabOf(block).isRetired()).isTrue();
    assertThat(regions.idleBytes()).isEqualTo(65_536);
  }

  @Test
  void whatOthersFreeAndWhatFallsEmptyInASharedSlabWakesAnAgentThatSleepsLong()
      throws InterruptedException {
    final long idle = 1_000_000; // less than the time between two looks whether threads are alive
    heaps.free(allocate(2_000));
    allocateMany();
    final long own = allocate(1_000);
    long delay = 0;
    for (int i = 0; i < 5; i++) {
      now += idle;
      delay = heaps.housekeep(now, idle);
    }
    assertThat(delay).isGreaterThan(idle);
    wakes = 0;
    final long shared = allocate(2_000);
    assertThat(((Heap) slabOf(shared).owner()).lock()).isNotNull();
    assertThat(wakes).isZero();
    heaps.free(shared);
    assertThat(wakes).isEqualTo(1);
    for (int i = 0; i < 5; i++) {
      now += idle;
      heaps.housekeep(now, idle);
    }
    inThread(() -> heaps.free(own));
    assertThat(wakes).isEqualTo(2);
  }

  @Test
  void howLongItSleepsDependsOnTheIdleTimeWhileThreadsHaveHeaps() throws InterruptedException {
    inThread(this::allocateMany);
    assertThat(heaps.liveHeaps()).hasSize(1);
    final Heap left = heaps.liveHeaps().get(0);
    assertThat(heaps.housekeep(now, IDLE)).isPositive();
    assertThat(heaps.liveHeaps()).as("it is dead").isEmpty();
    assertThat(left.threadVolatile()).isNull();
    allocateMany();
    assertThat(heaps.liveHeaps()).as("adopted").hasSize(1);
    assertThat(heaps.housekeep(now, 100_000_000L)).isEqualTo(50_000_000L);
    assertThat(heaps.housekeep(now, 1_000_000L)).isLessThanOrEqualTo(10_000_000L);
  }

  private void allocateMany() {
    for (int i = 0; i < 40; i++) {
      allocate(1_000);
    }
  }

  // --- heaps of threads --------------------------------------------------------------------------

  @Test
  void theHeapOfADeadThreadIsAdoptedWhole() throws InterruptedException {
    inThread(this::allocateMany);
    final Heap left = heaps.liveHeaps().get(0);
    allocateMany();
    assertThat(heaps.liveHeaps()).containsExactly(left);
    assertThat(left.threadVolatile()).isSameAs(Thread.currentThread());
    assertThat(heaps.table().find(Thread.currentThread())).isSameAs(left);
  }

  @Test
  void aSuspendedHeapIsTakenBackByItsThread() {
    allocateMany();
    final Heap own = heaps.liveHeaps().get(0);
    assertThat(heaps.suspend(own)).isSameAs(Thread.currentThread());
    assertThat(own.threadVolatile()).isNull();
    assertThat(heaps.table().find(Thread.currentThread())).isSameAs(Heap.NONE);
    allocateMany();
    assertThat(heaps.table().find(Thread.currentThread())).isSameAs(own);
    assertThat(heaps.resolve(own, Thread.currentThread(), true)).as("too late").isFalse();
    assertThat(heaps.table().find(Thread.currentThread())).isSameAs(own);
  }

  @Test
  void aSuspendedHeapIsGivenBackOrTakenForGood() {
    allocateMany();
    final Heap own = heaps.liveHeaps().get(0);
    final Thread self = heaps.suspend(own);
    assertThat(heaps.resolve(own, self, false)).isFalse();
    assertThat(heaps.table().find(self)).isSameAs(own);
    heaps.suspend(own);
    assertThat(heaps.resolve(own, self, true)).isTrue();
    assertThat(heaps.liveHeaps()).isEmpty();
    assertThat(heaps.table().find(self)).isSameAs(Heap.NONE);
    assertThat(heaps.suspend(own)).as("nobody's").isNull();
    allocateMany();
    assertThat(heaps.liveHeaps()).as("adopted again").containsExactly(own);
  }

  @Test
  void nothingIsSuspendedAfterTheEnd() {
    allocateMany();
    final Heap own = heaps.liveHeaps().get(0);
    heaps.suspend(own);
    heaps.close();
    assertThat(heaps.resolve(own, Thread.currentThread(), false)).isFalse();
    assertThat(own.threadVolatile()).isNull();
    assertThat(heaps.suspend(own)).isNull();
    heaps.retireAll();
  }

  @Test
  void afterTheEndNoThreadFindsAnything() {
    allocateMany();
    final Thread self = Thread.currentThread();
    assertThat(HeapTable.slabAt(heaps.table().rows(), self, 1_000)).isNotSameAs(Slab.NOBODY);
    final int entered = heaps.enterCall();
    assertThat(entered).isNotNegative();
    heaps.close();
    assertThat(heaps.enterCall()).isNegative();
    assertThat(heaps.liveHeaps()).isEmpty();
    assertThat(HeapTable.slabAt(heaps.table().rows(), self, 1_000)).isSameAs(Slab.NOBODY);
    assertThat(heaps.table().find(self)).isSameAs(Heap.NONE);
    assertThat(Heaps.refusal(heaps.allocate(1_000, 16))).isEqualTo(Refusal.CLOSED);
    final AtomicBoolean left = new AtomicBoolean();
    final Thread leaving =
        new Thread(
            () -> {
              sleepBriefly();
              left.set(true);
              heaps.leaveCall(entered);
            });
    leaving.start();
    heaps.awaitCalls();
    assertThat(left.get()).isTrue();
    heaps.retireAll();
    assertThat(heaps.census().mappedBytes()).isEqualTo(heaps.census().idleBytes());
  }

  private static void sleepBriefly() {
    try {
      Thread.sleep(20);
    } catch (final InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void whatThreadsNeedOfTheJavaHeapIsCounted() throws InterruptedException {
    allocate(3 << 20); // so that there is a region, whose tables count as well
    final long before = heaps.census().metadataBytes();
    inThread(this::allocateMany);
    final long one = heaps.census().metadataBytes() - before;
    assertThat(one).isBetween(3_000L, 10_000L);
    final CountDownLatch end = new CountDownLatch(1);
    final List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      final CountDownLatch started = new CountDownLatch(1);
      final Thread thread =
          new Thread(
              () -> {
                allocateMany();
                started.countDown();
                new Waiting(end, 0).run();
              });
      thread.start();
      threads.add(thread);
      started.await();
    }
    assertThat(heaps.liveHeaps()).hasSize(4);
    assertThat(heaps.census().metadataBytes() - before).isBetween(2 * one, 5 * one);
    end.countDown();
    for (final Thread thread : threads) {
      thread.join();
    }
  }

  // --- freeing -----------------------------------------------------------------------------------

  @Test
  void aFreeIsSaidToBeWhatItIs() throws InterruptedException {
    for (final long size : new long[] {1_000, 50_000, 3 << 20}) {
      final long block = allocate(size);
      assertThat(heaps.free(block + 16)).isEqualTo(Freed.INTERIOR);
      assertThat(heaps.free(block)).isEqualTo(Freed.FREED);
      assertThat(heaps.free(block)).isEqualTo(Freed.DOUBLE_FREE);
    }
    assertThat(heaps.free(1_600)).isEqualTo(Freed.FOREIGN);
    allocateMany();
    final long own = allocate(1_000);
    final List<Freed> byAnother = new ArrayList<>();
    inThread(
        () -> {
          byAnother.add(heaps.free(own));
          byAnother.add(heaps.free(own));
        });
    assertThat(byAnother).containsExactly(Freed.FREED, Freed.DOUBLE_FREE);
  }

  @Test
  void theShortWayOfARemoteFreeIsForBlocksOfOtherThreadsOnly() throws InterruptedException {
    final long shared = allocate(1_000);
    allocateMany();
    final long own = allocate(1_000);
    assertThat(heaps.freeRemote(slabOf(own), own)).as("its own").isFalse();
    final List<Boolean> taken = new ArrayList<>();
    inThread(
        () -> {
          taken.add(heaps.freeRemote(slabOf(shared), shared));
          taken.add(heaps.freeRemote(Slab.NOBODY, own));
          taken.add(heaps.freeRemote(slabOf(own), own + 16));
          taken.add(heaps.freeRemote(slabOf(own), own));
          taken.add(heaps.freeRemote(slabOf(own), own));
        });
    assertThat(taken).containsExactly(false, false, false, true, false);
    assertThat(slabOf(own).isFree(slabOf(own).indexOf(own))).isTrue();
  }

  // --- children ----------------------------------------------------------------------------------

  @Test
  void relativesShareTheirGranules() {
    final Heaps child = heaps.newChild(8 << 20, () -> now, () -> {});
    final Heaps grandchild = child.newChild(4 << 20, () -> now, () -> {});
    final Heaps other = heaps.newChild(8 << 20, () -> now, () -> {});
    assertThat(child.isWithin(heaps)).isTrue();
    assertThat(grandchild.isWithin(heaps)).isTrue();
    assertThat(grandchild.isWithin(child)).isTrue();
    assertThat(grandchild.isWithin(other)).isFalse();
    assertThat(heaps.isWithin(child)).isFalse();
    assertThat(heaps.isWithin(heaps)).isFalse();
    assertThat(other.isRelatedTo(grandchild)).isTrue();
    heaps.close();
    assertThat(heaps.newChild(8 << 20, () -> now, () -> {})).isNull();
    grandchild.close();
    grandchild.retireAll();
    child.close();
    child.retireAll();
    other.close();
    other.retireAll();
  }

  @Test
  void whatAChildHasCountedIsTheParentsAfterItsEnd() {
    final Heaps child = heaps.newChild(8 << 20, () -> now, () -> {});
    final long block = Heaps.untagged(child.allocate(1_000, 16));
    final long[] moved = new long[3];
    assertThat(child.compacted().allocate(KIB, moved, 3)).isEqualTo(3);
    child.misuses().found("something");
    assertThat(heaps.census().liveBlocks(KIB)).isEqualTo(4);
    assertThat(heaps.census().mallocs(KIB)).as("three were issued to move others to").isEqualTo(1);
    assertThat(heaps.isOurs(slabOf(block))).isFalse();
    assertThat(child.isOurs(slabOf(block))).isTrue();
    assertThat(heaps.free(block)).isEqualTo(Freed.FOREIGN);
    child.close();
    child.awaitCalls();
    assertThat(child.isClosed()).isTrue();
    assertThat(Heaps.refusal(child.allocate(1_000, 16))).isEqualTo(Refusal.CLOSED);
    child.retireAll();
    final Census census = heaps.census();
    assertThat(census.liveBlocks(KIB)).isZero();
    assertThat(census.mallocs(KIB)).isEqualTo(1);
    assertThat(census.misuses()).isEqualTo(1);
    assertThat(census.idleBytes()).isEqualTo(census.mappedBytes());
  }

  @Test
  void residentBytesAreThoseOfSlabsAndOfChildrensSlabs() {
    final long block = allocate(1 << 20);
    NativeMemory.fill(block, 1 << 20, (byte) 1);
    assertThat(heaps.residentBytes()).isEqualTo(1 << 20);
    final Heaps child = heaps.newChild(8 << 20, () -> now, () -> {});
    final long inChild = Heaps.untagged(child.allocate(2 << 20, 16));
    NativeMemory.fill(inChild, 2 << 20, (byte) 1);
    assertThat(heaps.residentBytes()).isEqualTo(3 << 20);
    assertThat(child.residentBytes()).isEqualTo(2 << 20);
    child.close();
    child.retireAll();
    assertThat(heaps.residentBytes()).isEqualTo(1 << 20);
  }

  // --- at the limit ------------------------------------------------------------------------------

  @Test
  void whatIsHeldBackIsReleasedBeforeARequestIsRefused() {
    final long held = allocate(32 << 20);
    final List<Long> released = new ArrayList<>();
    heaps.onShortage(
        () -> {
          if (released.isEmpty()) {
            released.add(held);
            heaps.free(held);
          }
        });
    assertThat(heaps.allocate(40 << 20, 16)).isPositive();
    assertThat(released).hasSize(1);
  }

  @Test
  void blocksThatADeadThreadLeftFreeAreFoundAtTheLimit() throws InterruptedException {
    allocateMany(); // so that this thread does not adopt the heap of the other
    final List<Long> left = new ArrayList<>();
    inThread(
        () -> {
          for (int i = 0; i < 60; i++) {
            left.add(allocate(1_000));
          }
          heaps.free(left.get(59));
        });
    while (heaps.allocate(1 << 20, 16) > 0) {}
    while (heaps.allocate(65_536, 16) > 0) {}
    long found = heaps.allocate(1_000, 16);
    final List<Long> blocks = new ArrayList<>();
    while (found > 0) {
      blocks.add(Heaps.untagged(found));
      found = heaps.allocate(1_000, 16);
    }
    assertThat(blocks).contains(left.get(59));
    assertThat(Heaps.refusal(found)).isEqualTo(Refusal.LIMIT);
    assertThat(regions.mappedBytes())
        .as("all but the headroom")
        .isEqualTo(CAPACITY - CAPACITY / 128);
  }

  @Test
  void sizesAndAlignmentsHaveTheirClass() {
    assertThat(Heaps.classFor(100, 16)).isEqualTo(SizeClasses.of(100));
    assertThat(Heaps.classFor(1 << 20, 16)).isEqualTo(SizeClasses.COUNT - 1);
    assertThat(Heaps.classFor((1 << 20) + 1, 16)).isEqualTo(-1);
    assertThat(Heaps.classFor(100, 65_536)).isEqualTo(SizeClasses.of(65_536));
    assertThat(Heaps.classFor(100, 131_072)).isEqualTo(-1);
    assertThat(Heaps.classFor(100, 32)).isEqualTo(SizeClasses.of(128));
    for (final Refusal refusal : Refusal.values()) {
      assertThat(Heaps.refused(refusal)).isNegative();
      assertThat(Heaps.refusal(Heaps.refused(refusal))).isEqualTo(refusal);
    }
  }
}
