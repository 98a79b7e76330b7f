package io.quarry.heap;

import java.util.function.Consumer;

/**
 * A few heaps that everybody may use who holds the lock of one: virtual threads, and all threads
 * for blocks of medium size. As many as there are processors, within limits: each may hold a slab
 * of each class that is not full.
 */
final class SharedHeaps {
  private static final int MOST = 8;

  private final Heap[] heaps;

  SharedHeaps(final Heaps all, final SlabSource source) {
    final int processors = Runtime.getRuntime().availableProcessors();
    heaps = new Heap[Math.min(MOST, Integer.highestOneBit(2 * processors - 1))];
    for (int i = 0; i < heaps.length; i++) {
      heaps[i] = Heap.shared(all, source);
    }
  }

  /** Locks one of them, preferably one that nobody else wants at the moment. */
  Heap lockOne() {
    final int start = (int) Thread.currentThread().getId();
    for (int i = 0; i < heaps.length; i++) {
      final Heap heap = heaps[start + i & heaps.length - 1];
      if (heap.lock().tryLock()) {
        return heap;
      }
    }
    final Heap heap = heaps[start & heaps.length - 1];
    heap.lock().lock();
    return heap;
  }

  /** Does something with each of them under its lock, one after the other. */
  void forEachLocked(final Consumer<Heap> action) {
    for (final Heap heap : heaps) {
      heap.lock().lock();
      try {
        action.accept(heap);
      } finally {
        heap.lock().unlock();
      }
    }
  }

  /** A block of a class that one of them has, without carving a slab; 0 if there is none. */
  long allocateExisting(final int sizeClass) {
    for (final Heap heap : heaps) {
      heap.lock().lock();
      try {
        final long address = heap.allocateExisting(sizeClass);
        if (address != 0) {
          return address;
        }
      } finally {
        heap.lock().unlock();
      }
    }
    return 0;
  }

  /** Retires the slabs that rest; see {@link Heap#retireResting}. */
  long retireResting(final long nowNanos, final long idleNanos) {
    long delay = Long.MAX_VALUE;
    for (final Heap heap : heaps) {
      heap.lock().lock();
      try {
        delay = Math.min(delay, heap.retireResting(nowNanos, idleNanos));
      } finally {
        heap.lock().unlock();
      }
    }
    return delay;
  }

  /** Java-heap bytes of these heaps, about. */
  long metadataBytes() {
    long bytes = 0;
    for (final Heap heap : heaps) {
      bytes += heap.metadataBytes();
    }
    return bytes;
  }
}
