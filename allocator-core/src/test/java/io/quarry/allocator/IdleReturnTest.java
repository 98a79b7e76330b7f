package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.Posix;
import io.quarry.posix.ProcMaps;
import io.quarry.threads.Filler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * In real time: after the last free <em>nobody calls the allocator</em>, and the memory goes back
 * all the same. Resident memory is read from the kernel, by the address ranges that are mapped. How
 * long it takes is not tested here, only that it happens.
 */
@EnabledOnOs(OS.LINUX)
class IdleReturnTest {
  private static final long MIB = 1L << 20;
  private static final long FILL_BYTES = 16 * MIB;

  /** Less than the ten seconds after which the agent would come by unasked. */
  private static final long MOST_SECONDS = 8;

  private final CountingPosix posix = new CountingPosix(Posix.host());
  private final CountDownLatch end = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();
  private SlabAllocator allocator;

  @BeforeEach
  void open() {
    assumeTrue(ProcMaps.available());
    allocator = build(ReturnMode.UNMAP);
  }

  private SlabAllocator build(final ReturnMode mode) {
    return SlabAllocator.builder()
        .capacity(512 * MIB)
        .idleTime(Duration.ofMillis(50))
        .returnMode(mode)
        .posix(posix)
        .build();
  }

  @AfterEach
  void close() throws InterruptedException {
    end.countDown();
    for (final Thread thread : threads) {
      thread.join();
    }
    allocator.close();
  }

  @Test
  void ownerParked() throws InterruptedException {
    // It frees all of it by itself; one empty slab of its class stays, 64 KiB.
    final CountDownLatch freed = new CountDownLatch(1);
    start(
        () -> {
          final List<Long> blocks = fill(1_000);
          requireResident(FILL_BYTES);
          blocks.forEach(allocator::free);
          freed.countDown();
          await(end);
        });
    await(freed);
    awaitResidentAtMost(2 * 65_536);
  }

  @Test
  void ownerParkedAndBlocksFreedByAnother() throws InterruptedException {
    final CountDownLatch filled = new CountDownLatch(1);
    final List<Long> blocks = new ArrayList<>();
    start(
        () -> {
          blocks.addAll(fill(1_000));
          filled.countDown();
          await(end);
        });
    await(filled);
    requireResident(FILL_BYTES);
    blocks.forEach(allocator::free);
    awaitResidentAtMost(2 * 65_536);
  }

  @Test
  void ownerDead() throws InterruptedException {
    start(() -> fill(1_000).forEach(allocator::free)).join();
    awaitResidentAtMost(0);
  }

  @Test
  void ownerDeadAndBlocksFreedLater() throws InterruptedException {
    final List<Long> blocks = new ArrayList<>();
    start(() -> blocks.addAll(fill(1_000))).join();
    requireResident(FILL_BYTES);
    start(() -> blocks.forEach(allocator::free)).join();
    awaitResidentAtMost(0);
  }

  @Test
  void thirtyTwoShortLivedThreads() throws InterruptedException {
    for (int i = 0; i < 32; i++) {
      final int size = 100 + i * 1_000;
      start(() -> fillUpTo(MIB, size).forEach(allocator::free));
    }
    for (final Thread thread : threads) {
      thread.join();
    }
    awaitResidentAtMost(0);
  }

  @Test
  void virtualThreads() throws InterruptedException {
    final List<Thread> virtual = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      final int size = 100 + i * 5_000; // small and medium, all of them of shared heaps
      virtual.add(ModelTest.startedVirtual(() -> fillUpTo(MIB, size).forEach(allocator::free)));
    }
    for (final Thread thread : virtual) {
      thread.join();
    }
    awaitResidentAtMost(0);
  }

  @Test
  void mediumBlocks() {
    try (Filler filler = new Filler()) {
      filler.freeAll(allocator, fillBy(filler, 100_000));
      awaitResidentAtMost(0);
    }
  }

  @Test
  void largeBlocks() {
    fill(3 * MIB).forEach(allocator::free);
    awaitResidentAtMost(0);
  }

  @Test
  void whatALargeBlockGaveUpWhenItShrank() {
    final long block = allocator.malloc(FILL_BYTES);
    Contents.dirty(block, FILL_BYTES);
    // The agent has nothing to do by now, and sleeps.
    sleep(Duration.ofMillis(200));
    requireResident(FILL_BYTES);
    allocator.realloc(block, 2 * MIB);
    awaitResidentAtMost(2 * MIB);
    assertThat(ProcMaps.rssBytes(block, block + 2 * MIB)).isEqualTo(2 * MIB);
  }

  @Test
  void afterALongRest() {
    // Nothing is due when the memory falls idle: somebody has to wake the agent.
    try (Filler filler = new Filler()) {
      for (int round = 0; round < 3; round++) {
        final List<Long> blocks = fillBy(filler, round == 1 ? 100_000 : 3 * MIB);
        sleep(Duration.ofMillis(300));
        requireResident(FILL_BYTES);
        filler.freeAll(allocator, blocks);
        awaitResidentAtMost(0);
      }
    }
  }

  @Test
  void discarded() {
    allocator.close();
    allocator = build(ReturnMode.DISCARD);
    final List<Long> blocks = fill(3 * MIB);
    final long mapped = posix.mappedBytes();
    blocks.forEach(allocator::free);
    awaitResidentAtMost(0);
    assertThat(posix.mappedBytes()).isEqualTo(mapped);
  }

  @Test
  void never() {
    allocator.close();
    allocator = build(ReturnMode.NEVER);
    fill(3 * MIB).forEach(allocator::free);
    sleep(Duration.ofMillis(400));
    requireResident(FILL_BYTES);
  }

  private Thread start(final Runnable work) {
    final Thread thread = new Thread(work);
    threads.add(thread);
    thread.start();
    return thread;
  }

  private List<Long> fill(final long size) {
    return fillUpTo(FILL_BYTES, size);
  }

  /** Allocates and touches, by a thread that lives on: one that is not in this package. */
  private List<Long> fillBy(final Filler filler, final long size) {
    return filler.fill(allocator, FILL_BYTES, size, block -> Contents.dirty(block, size));
  }

  /** Allocates and touches. */
  private List<Long> fillUpTo(final long bytes, final long size) {
    final List<Long> blocks = new ArrayList<>();
    for (long filled = 0; filled < bytes; filled += size) {
      final long block = allocator.malloc(size);
      Contents.dirty(block, size);
      blocks.add(block);
    }
    return blocks;
  }

  private long residentBytes() {
    return posix.mappedRanges().entrySet().stream()
        .mapToLong(range -> ProcMaps.rssBytes(range.getKey(), range.getValue()))
        .sum();
  }

  private void requireResident(final long bytes) {
    assertThat(residentBytes()).as("resident").isGreaterThanOrEqualTo(bytes);
  }

  private void awaitResidentAtMost(final long bytes) {
    final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
    while (residentBytes() > bytes && System.nanoTime() - deadline < 0) {
      sleep(Duration.ofMillis(10));
    }
    assertThat(residentBytes())
        .as("resident, %d s after the last free", MOST_SECONDS)
        .isLessThanOrEqualTo(bytes);
  }

  private static void sleep(final Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (final InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(final CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (final InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
