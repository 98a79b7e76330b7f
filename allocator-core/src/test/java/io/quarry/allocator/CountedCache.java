package io.quarry.allocator;

import io.quarry.posix.NativeMemory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Immutable values with a count of users; whoever is the last to let go of one frees it. */
final class CountedCache implements MovingCache {
  private static final int MOVING = -1;

  /** One user is the cache itself, until the value is evicted. */
  private static final class Value {
    final AtomicInteger users = new AtomicInteger(1);
    volatile long address;

    Value(final long address) {
      this.address = address;
    }

    /** Takes a share; false if there is none left to take. */
    boolean acquire() {
      while (true) {
        final int now = users.get();
        if (now == 0) {
          return false;
        }
        if (now != MOVING && users.compareAndSet(now, now + 1)) {
          return true;
        }
        Thread.onSpinWait();
      }
    }

    /** Gives a share back; true if it was the last. */
    boolean release() {
      while (true) {
        final int now = users.get();
        if (now != MOVING && users.compareAndSet(now, now - 1)) {
          return now == 1;
        }
        Thread.onSpinWait();
      }
    }
  }

  private final SlabAllocator allocator;
  private final AtomicReferenceArray<Value> values;
  private final Stamped compactors = new Stamped(0);

  CountedCache(final SlabAllocator allocator, final int keys) {
    this.allocator = allocator;
    values = new AtomicReferenceArray<>(keys);
  }

  @Override
  public void read(final Stamped by, final int key) {
    final Value value = values.get(key);
    if (value != null && value.acquire()) {
      by.check(value.address, key);
      release(value);
    }
  }

  @Override
  public void write(final Stamped by, final int key, final int size) {
    final long address = allocator.tryMalloc(size);
    if (address != Allocator.NULL) {
      by.write(address, key, size, by.random().nextLong());
      release(values.getAndSet(key, new Value(address)));
    }
  }

  @Override
  public void evict(final Stamped by, final int key) {
    release(values.getAndSet(key, null));
  }

  private void release(final Value value) {
    if (value != null && value.release()) {
      allocator.free(value.address);
    }
  }

  @Override
  public void clear() {
    final Stamped by = new Stamped(0); // compaction may be at work, with its own
    for (int key = 0; key < values.length(); key++) {
      evict(by, key);
    }
  }

  @Override
  public boolean relocate(final long oldAddress, final long newAddress, final long size) {
    final long key = compactors.key(newAddress);
    final Value value = key < 0 || key >= values.length() ? null : values.get((int) key);
    if (value == null || !value.users.compareAndSet(1, MOVING)) {
      return false; // gone, or somebody is using it: it stays where it is
    }
    final boolean isIt = value.address == oldAddress;
    if (isIt) {
      // It may have been copied before it was complete, and published since.
      NativeMemory.copy(oldAddress, newAddress, size);
      value.address = newAddress;
    }
    value.users.set(1);
    return isIt;
  }
}
