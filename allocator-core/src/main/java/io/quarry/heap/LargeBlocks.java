package io.quarry.heap;

import io.quarry.region.Geometry;
import io.quarry.region.GranuleSupply;
import io.quarry.region.Refusal;
import io.quarry.region.Run;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;

/**
 * Blocks larger than any class, and those that {@code realloc} made longer. Each is a slab by
 * itself, carved when it is allocated and retired when it is freed; one larger than a region gets a
 * region by itself. Its size is a multiple of the granule.
 *
 * <p>Whoever wants to free or resize a block claims its slab first. Of several threads that try,
 * one succeeds.
 */
public final class LargeBlocks {
  private final Heaps heaps;
  private final SlabSource source;
  private final Heap owner;

  LargeBlocks(final Heaps heaps, final SlabSource source) {
    this.heaps = heaps;
    this.source = source;
    owner = Heap.ofLarge(heaps, source);
  }

  /** Whether a request of so many bytes takes no more as a large block than as one of a class. */
  public static boolean areAsSmallFor(final long size) {
    return size > SizeClasses.MAX_CLASS_BYTES
        || size >= Geometry.GRANULE_BYTES
            && Geometry.bytesOf(Geometry.granulesFor(size))
                <= SizeClasses.bytes(SizeClasses.of((int) size));
  }

  /**
   * Allocates a block.
   *
   * @param alignmentBytes a power of two
   * @return its address, tagged if {@link Heaps#isKnownZero}; or a negative {@link Heaps#refusal}
   */
  public long allocate(final long size, final long alignmentBytes) {
    return allocate(size, alignmentBytes, owner);
  }

  /** As {@link #allocate(long, long)}, a block of another owner. */
  long allocate(final long size, final long alignmentBytes, final Heap ofOwner) {
    if (size > Geometry.MAX_BLOCK_BYTES) {
      return Heaps.refused(Refusal.TOO_LARGE);
    }
    final Slab slab = newSlab(Math.max(1, Geometry.granulesFor(size)), ofOwner);
    final int alignment = (int) Geometry.granulesFor(alignmentBytes);
    final long granules = slab.blockBytes() >>> Geometry.GRANULE_SHIFT;
    Refusal refusal = source.carve(slab, granules, alignment);
    if (refusal != null && refusal.isLimit()) {
      heaps.retireEmptiesFor(refusal);
      refusal = source.carve(slab, granules, alignment);
    }
    if (refusal != null) {
      return Heaps.refused(refusal);
    }
    return slab.run().pristine() ? slab.base() | Heaps.KNOWN_ZERO : slab.base();
  }

  private static Slab newSlab(final long granules, final Heap ofOwner) {
    final Slab slab = new Slab(ofOwner, Slab.LARGE, Geometry.bytesOf(granules), 1);
    slab.issueOnly();
    return slab;
  }

  /**
   * Frees a block.
   *
   * @return false if it is free already
   */
  boolean free(final Slab slab) {
    if (!slab.claim()) {
      return false;
    }
    slab.freeLocal(0);
    source.retire(slab, source.now());
    return true;
  }

  /** Frees a block that was held back, and that nobody else can have claimed therefore. */
  void freeHeldBack(final Slab slab) {
    if (slab.claim()) {
      source.freeHeldBack(slab, 0);
      source.retire(slab, source.now());
    }
  }

  /**
   * Changes the size of a block without copying it: where it is, or by moving its pages. To be
   * called between {@link Heaps#enterCall} and {@link Heaps#leaveCall}: the pages must not become
   * somebody else's meanwhile.
   *
   * @return the address of the block, or 0 if there is no such way; nothing has changed then
   */
  public long resize(final Slab slab, final long newSize) {
    if (newSize > Geometry.MAX_BLOCK_BYTES) {
      return 0;
    }
    final long granules = Math.max(1, Geometry.granulesFor(newSize));
    if (granules == slab.run().granules()) {
      return slab.base();
    }
    final boolean shorter = granules < slab.run().granules();
    final Slab successor = newSlab(granules, (Heap) slab.owner());
    if (!slab.claim()) {
      return 0;
    }
    boolean resized = false;
    try {
      resized = replace(slab, successor, (int) granules);
    } finally {
      if (!resized) {
        slab.unclaim();
      }
    }
    if (resized && shorter) {
      source.granulesFellIdle();
    }
    return resized ? successor.base() : 0;
  }

  private boolean replace(final Slab slab, final Slab successor, final int granules) {
    final GranuleSupply supply = source.granules();
    supply.lock().lock();
    try {
      if (source.isClosed() || !resizeRun(supply, slab.run(), successor.run(), granules)) {
        return false;
      }
      successor.place();
      source.leave(slab);
      slab.retire();
      source.enter(successor);
      return true;
    } finally {
      supply.lock().unlock();
    }
  }

  private static boolean resizeRun(
      final GranuleSupply supply, final Run run, final Run successor, final int granules) {
    if (granules < run.granules()) {
      supply.shorten(run, granules);
    } else if (!supply.lengthen(run, granules)) {
      // No larger than a block of a class: it is copied, as such a block is.
      return run.bytes() > SizeClasses.MAX_CLASS_BYTES && supply.move(run, successor, granules);
    }
    successor.takeOver(run);
    return true;
  }
}
