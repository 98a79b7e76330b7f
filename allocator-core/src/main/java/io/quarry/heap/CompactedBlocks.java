package io.quarry.heap;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where compaction moves blocks to: slabs of a heap of their own, filled one after the other. When
 * blocks in them are freed, the heaps that allocate get them, one slab at a time, before they carve
 * new ones.
 *
 * <p>The lock is held for a few dozen allocations at most, and never while a block is copied or a
 * callback runs. Whoever wants a slab does not wait for it at all.
 */
final class CompactedBlocks {
  private final ReentrantLock lock = new ReentrantLock();
  private final SlabSource source;
  private final Heap heap;

  /** Blocks issued for ones that are to move, by class: nobody has called malloc for them. */
  private final AtomicLongArray issued = new AtomicLongArray(SizeClasses.COUNT);

  /** Whether there ever was a compaction; most allocators never see one. */
  private volatile boolean used;

  CompactedBlocks(final Heaps heaps, final SlabSource source) {
    this.source = source;
    heap = Heap.ofCompaction(heaps, source);
  }

  /**
   * Issues up to so many blocks of a class.
   *
   * @return how many there were; 0 if there is no room for any
   */
  int allocate(final int sizeClass, final long[] into, final int most) {
    used = true;
    int count = 0;
    lock.lock();
    try {
      while (count < most) {
        long outcome = heap.allocate(sizeClass);
        if (outcome < 0 && Heaps.refusal(outcome).isLimit() && count == 0) {
          outcome = heap.allocateSparingly(sizeClass);
        }
        if (outcome < 0) {
          break;
        }
        into[count++] = Heaps.untagged(outcome);
      }
    } finally {
      lock.unlock();
      issued.addAndGet(sizeClass, count);
    }
    return count;
  }

  /** Takes back a block that was issued, and not used after all. */
  void takeBack(final long address) {
    final Slab slab = SlabDirectory.slabAt(address);
    ((Heap) slab.owner()).freeRemote(slab, slab.indexOf(address));
  }

  /**
   * Hands over a slab with free blocks, current for its new owner already, who has to drain it.
   *
   * @return null if there is none, or if somebody else is at it: to carve a slab takes less time
   *     than to wait for a thread that holds the lock and may have lost its processor
   */
  Slab handOver(final int sizeClass, final Heap next) {
    if (!used || !lock.tryLock()) {
      return null;
    }
    try {
      heap.drainQueue();
      return heap.handOver(sizeClass, next);
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of the slabs that were being filled, and of those that fell empty. */
  void settle() {
    if (used) {
      lock.lock();
      try {
        heap.settle();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Drains what was freed by others: nobody else may come to do it. */
  void drain() {
    if (used) {
      lock.lock();
      try {
        heap.drainQueue();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Says to the books of another source what was issued here and no malloc had asked for. */
  void absorbInto(final SlabSource other) {
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      other.addRetiredMallocs(sizeClass, -issued.get(sizeClass));
    }
  }

  /** How many blocks were issued here so far that no malloc had asked for. */
  long issued() {
    long sum = 0;
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      sum += issued.get(sizeClass);
    }
    return sum;
  }

  void countInto(final Census census) {
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      census.addMallocs(sizeClass, -issued.get(sizeClass));
    }
    census.addMetadata(heap.metadataBytes());
  }
}
