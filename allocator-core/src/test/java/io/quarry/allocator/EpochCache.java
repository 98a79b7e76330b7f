package io.quarry.allocator;

import io.quarry.posix.NativeMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Immutable values read without a lock. A reader announces the epoch in which it begins; what is
 * taken out is freed when all who began before are gone.
 */
final class EpochCache implements MovingCache {
  private static final int MOST_READERS = 16;
  private static final int PADDING = 8;
  private static final int BATCH = 64;

  private final SlabAllocator allocator;
  private final AtomicLongArray addresses;
  private final AtomicLong epoch = new AtomicLong(1);
  private final AtomicLongArray readers = new AtomicLongArray(MOST_READERS * PADDING);
  private final AtomicLong readerCount = new AtomicLong();
  private final ThreadLocal<Integer> reader =
      ThreadLocal.withInitial(() -> (int) readerCount.getAndIncrement() * PADDING);
  private final Queue<Long> takenOut = new ConcurrentLinkedQueue<>();
  private final AtomicInteger takenOutCount = new AtomicInteger();
  private final Stamped compactors = new Stamped(0);

  EpochCache(final SlabAllocator allocator, final int keys) {
    this.allocator = allocator;
    addresses = new AtomicLongArray(keys);
  }

  @Override
  public void read(final Stamped by, final int key) {
    final int slot = reader.get();
    readers.set(slot, epoch.get());
    final long address = addresses.get(key);
    if (address != Allocator.NULL) {
      by.check(address, key);
    }
    readers.set(slot, 0);
  }

  @Override
  public void write(final Stamped by, final int key, final int size) {
    final long address = allocator.tryMalloc(size);
    if (address != Allocator.NULL) {
      by.write(address, key, size, by.random().nextLong());
      free(by, key, addresses.getAndSet(key, address));
    }
  }

  @Override
  public void evict(final Stamped by, final int key) {
    free(by, key, addresses.getAndSet(key, Allocator.NULL));
  }

  private void free(final Stamped by, final int key, final long address) {
    if (address != Allocator.NULL) {
      by.check(address, key);
      takenOut.add(address);
      if (takenOutCount.incrementAndGet() % BATCH == 0) {
        freeTakenOut(BATCH);
      }
    }
  }

  private void freeTakenOut(final int most) {
    final List<Long> batch = new ArrayList<>();
    for (Long next = takenOut.poll(); next != null; next = takenOut.poll()) {
      batch.add(next);
      if (batch.size() == most) {
        break;
      }
    }
    awaitReaders();
    batch.forEach(allocator::free);
  }

  @Override
  public void clear() {
    final Stamped by = new Stamped(0); // compaction may be at work, with its own
    for (int key = 0; key < addresses.length(); key++) {
      evict(by, key);
    }
    freeTakenOut(Integer.MAX_VALUE);
  }

  @Override
  public boolean relocate(final long oldAddress, final long newAddress, final long size) {
    final long key = compactors.key(newAddress);
    if (key < 0 || key >= addresses.length() || addresses.get((int) key) != oldAddress) {
      return false;
    }
    // It may have been copied before it was complete, and published since.
    NativeMemory.copy(oldAddress, newAddress, size);
    return addresses.compareAndSet((int) key, oldAddress, newAddress);
  }

  @Override
  public void awaitReaders() {
    final long next = epoch.incrementAndGet();
    for (int slot = 0; slot < readers.length(); slot += PADDING) {
      for (long began = readers.get(slot); began != 0 && began < next; began = readers.get(slot)) {
        Thread.yield(); // with more threads than processors it may be off its own
      }
    }
  }
}
