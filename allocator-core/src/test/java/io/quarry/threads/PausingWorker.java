package io.quarry.threads;

import io.quarry.allocator.SlabAllocator;
import io.quarry.posix.NativeMemory;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Allocates, writes, checks and frees, in loops that are compiled with malloc and free inlined, and
 * pauses at random, so that its heap can be taken away at any point between two calls.
 */
public final class PausingWorker implements Runnable {
  private static final int SLOTS = 400;

  private final SlabAllocator allocator;
  private final ConcurrentLinkedQueue<Long> toBeFreedByOthers;
  private final RandomGenerator random;
  private final BooleanSupplier goesOn;
  private final UnsafeBuffer view = new UnsafeBuffer(0L, 0);
  private final long[] blocks = new long[SLOTS];
  private final long key;
  private long mallocs;
  private long stamp;

  /** Each has a key of its own. */
  public PausingWorker(
      final SlabAllocator allocator,
      final ConcurrentLinkedQueue<Long> toBeFreedByOthers,
      final RandomGenerator random,
      final long key,
      final BooleanSupplier goesOn) {
    this.allocator = allocator;
    this.toBeFreedByOthers = toBeFreedByOthers;
    this.random = random;
    this.key = key << 48;
    this.goesOn = goesOn;
  }

  /** How often it called malloc; to be read when it has ended. */
  public long mallocs() {
    return mallocs;
  }

  @Override
  public void run() {
    while (goesOn.getAsBoolean()) {
      switch (random.nextInt(4)) {
        case 0 -> pairs(random.nextInt(5_000), 16 + 16 * random.nextInt(40));
        case 1 -> churn(random.nextInt(3_000), 1 + random.nextInt(2_000));
        case 2 -> churn(random.nextInt(200), 32 << 10);
        default -> handOver(random.nextInt(SLOTS));
      }
      pause();
    }
    for (int slot = 0; slot < SLOTS; slot++) {
      freeSlot(slot);
    }
  }

  private void pairs(final int count, final int size) {
    for (int i = 0; i < count; i++) {
      final long address = allocator.malloc(size);
      final long value = key | ++stamp;
      put(address, value);
      if (get(address) != value) {
        throw new AssertionError(String.format("0x%x was issued twice", address));
      }
      allocator.free(address);
    }
    mallocs += count;
  }

  private void churn(final int count, final int mostBytes) {
    for (int i = 0; i < count; i++) {
      final int slot = random.nextInt(SLOTS);
      freeSlot(slot);
      final int size = 24 + random.nextInt(mostBytes);
      final long address = allocator.malloc(Math.min(size, 32 << 10));
      mallocs++;
      put(address, address ^ key);
      put(address + 8, key | ++stamp);
      put(address + 16, key | stamp);
      blocks[slot] = address;
    }
  }

  private void freeSlot(final int slot) {
    final long address = blocks[slot];
    if (address != 0) {
      check(address, key);
      put(address + 8, 0);
      allocator.free(address);
      blocks[slot] = 0;
    }
  }

  private void check(final long address, final long itsKey) {
    if ((get(address) ^ itsKey) != address || get(address + 8) != get(address + 16)) {
      throw new AssertionError(String.format("0x%x does not hold what was written", address));
    }
  }

  private void handOver(final int count) {
    for (int i = 0; i < count; i++) {
      final int slot = random.nextInt(SLOTS);
      if (blocks[slot] != 0) {
        check(blocks[slot], key);
        toBeFreedByOthers.add(blocks[slot]);
        blocks[slot] = 0;
      }
      final Long others = toBeFreedByOthers.poll();
      if (others != null) {
        check(others, get(others) ^ others);
        allocator.free(others);
      }
    }
  }

  private void pause() {
    final int kind = random.nextInt(20);
    if (kind == 0) {
      LockSupport.parkNanos(random.nextInt(20_000_000));
    } else if (kind < 8) {
      LockSupport.parkNanos(random.nextInt(300_000));
    } else if (kind < 12) {
      final long end = System.nanoTime() + random.nextInt(100_000);
      while (System.nanoTime() - end < 0) {
        Thread.onSpinWait();
      }
    }
  }

  private void put(final long address, final long value) {
    view.wrap(address, Long.BYTES);
    view.putLong(0, value);
  }

  private long get(final long address) {
    view.wrap(address, Long.BYTES);
    return view.getLong(0);
  }

  /** Fills a range with a byte, for tests that want memory to be resident. */
  public static void touch(final long address, final long bytes) {
    NativeMemory.fill(address, bytes, (byte) 1);
  }
}
