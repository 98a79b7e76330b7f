package io.quarry.heap;

import io.quarry.region.Refusal;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The slabs of blocks that somebody watches, apart from all others. No thread owns them, so the
 * fast path of {@code malloc} never issues a block of them, that of {@code free} takes none back,
 * and no other block pays for it. What the watching consists of is the business of the layer above;
 * here it is enough that a block which is <em>held back</em> is free for the program, and for the
 * books, but not issued again before it is {@linkplain #free freed}.
 *
 * <p>They are a heap like the shared ones, under its lock, and its slabs are as small as can be:
 * there may be one for each class. Compaction leaves them alone.
 *
 * <p><b>Books.</b> A block that is held back leaves its slab some time later, by the hand of the
 * maintenance thread or of one that needs memory: while nobody calls the allocator, for all the
 * program knows. No figure may change by that. So how many of its blocks are held back is kept by
 * the slab, and changes under the lock of the granules, which a {@link Census} holds while it
 * counts: to free one, its bit is set and the number lowered in one critical section. The bit of a
 * block that is held back is never set then, so that the blocks in use, less those held back, are
 * the live ones, in each slab by itself; and with a slab that goes at the end of an arena, its
 * number goes.
 */
public final class WatchedSlabs {
  private static final int LARGE_ROW = SizeClasses.COUNT;

  private final Heaps heaps;
  private final SlabSource source;

  /** Made with the first block: most allocators watch none. */
  private volatile Owners owners;

  private record Owners(Heap ofClasses, Heap ofLarge, AtomicLongArray takenBack) {}

  WatchedSlabs(final Heaps heaps, final SlabSource source) {
    this.heaps = heaps;
    this.source = source;
  }

  private Owners owners() {
    final Owners made = owners;
    return made == null ? makeOwners() : made;
  }

  private synchronized Owners makeOwners() {
    if (owners == null) {
      owners =
          new Owners(
              Heap.watched(heaps, source),
              Heap.ofWatchedLarge(heaps, source),
              new AtomicLongArray(LARGE_ROW + 1));
    }
    return owners;
  }

  /**
   * Allocates a block, as {@link Heaps#allocate} does.
   *
   * @return its address, tagged if {@link Heaps#isKnownZero}; or a negative {@link Heaps#refusal}
   */
  public long allocate(final long size, final long alignment) {
    final Owners of = owners();
    final int sizeClass = Heaps.classFor(size, alignment);
    if (sizeClass < 0) {
      return heaps.large().allocate(size, alignment, of.ofLarge);
    }
    final long outcome = allocate(of.ofClasses, sizeClass);
    if (outcome < 0 && Heaps.refusal(outcome).isLimit()) {
      heaps.retireEmptiesFor(Heaps.refusal(outcome));
      return allocate(of.ofClasses, sizeClass);
    }
    return outcome;
  }

  private long allocate(final Heap heap, final int sizeClass) {
    heap.lock().lock();
    try {
      return heaps.isClosed() ? Heaps.refused(Refusal.CLOSED) : heap.allocateSparingly(sizeClass);
    } finally {
      heap.lock().unlock();
    }
  }

  /** Takes an ordinary block back that nobody has seen: a watched one was issued in its place. */
  public void takeBack(final long address, final Slab slab) {
    heaps.free(address);
    owners().takenBack.incrementAndGet(Census.rowOf(slab));
  }

  /** Counts a live block of these slabs as free from now on. */
  public void holdBack(final Slab slab) {
    source.holdBack(slab);
  }

  /** Frees a block that was {@linkplain #holdBack held back}. */
  public void free(final Slab slab, final int index) {
    if (slab.sizeClass() == Slab.LARGE) {
      heaps.large().freeHeldBack(slab);
    } else {
      final Heap heap = owners().ofClasses;
      heap.lock().lock();
      try {
        heap.freeHeldBack(slab, index);
      } finally {
        heap.lock().unlock();
      }
    }
  }

  // --- giving back, and the end ------------------------------------------------------------------

  void retireEmptyCurrents() {
    if (owners != null) {
      final Heap heap = owners.ofClasses;
      heap.lock().lock();
      try {
        heap.retireEmptyCurrents();
      } finally {
        heap.lock().unlock();
      }
    }
  }

  /** See {@link Heap#retireResting}. */
  long retireResting(final long nowNanos, final long idleNanos) {
    if (owners == null) {
      return Long.MAX_VALUE;
    }
    final Heap heap = owners.ofClasses;
    heap.lock().lock();
    try {
      return heap.retireResting(nowNanos, idleNanos);
    } finally {
      heap.lock().unlock();
    }
  }

  /** Waits for whoever may be allocating; to be called once the heaps are closed. */
  void awaitOut() {
    if (owners != null) {
      owners.ofClasses.lock().lock();
      owners.ofClasses.lock().unlock();
    }
  }

  /** Says to the books of another source which blocks were issued here and taken back unseen. */
  void absorbInto(final SlabSource other) {
    if (owners != null) {
      for (int row = 0; row <= LARGE_ROW; row++) {
        other.addRetiredMallocs(row, -owners.takenBack.get(row));
      }
    }
  }

  void countInto(final Census census) {
    if (owners != null) {
      for (int row = 0; row <= LARGE_ROW; row++) {
        census.addMallocs(row, -owners.takenBack.get(row));
      }
      census.addMetadata(owners.ofClasses.metadataBytes());
    }
  }
}
