package io.quarry.heap;

import io.quarry.region.Geometry;
import io.quarry.region.Refusal;
import io.quarry.region.Regions;
import io.quarry.region.Run;
import io.quarry.slab.Slab;

/**
 * Blocks larger than any class. Each is a slab by itself, carved when it is allocated and retired
 * when it is freed; one larger than a region gets a region by itself. Its size is a multiple of the
 * granule.
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

  /**
   * Allocates a block.
   *
   * @param alignmentBytes a power of two
   * @return its address, tagged if {@link Heaps#isKnownZero}; or a negative {@link Heaps#refusal}
   */
  public long allocate(final long size, final long alignmentBytes) {
    if (size > Geometry.MAX_BLOCK_BYTES) {
      return Heaps.refused(Refusal.TOO_LARGE);
    }
    final Slab slab = newSlab(Math.max(1, Geometry.granulesFor(size)));
    final int alignment = (int) Geometry.granulesFor(alignmentBytes);
    final long granules = slab.blockBytes() >>> Geometry.GRANULE_SHIFT;
    Refusal refusal = source.carve(slab, granules, alignment);
    if (refusal == Refusal.LIMIT) {
      heaps.retireEmpties();
      refusal = source.carve(slab, granules, alignment);
    }
    if (refusal != null) {
      return Heaps.refused(refusal);
    }
    return slab.run().pristine() ? slab.base() | Heaps.KNOWN_ZERO : slab.base();
  }

  private Slab newSlab(final long granules) {
    final Slab slab = new Slab(owner, Slab.LARGE, Geometry.bytesOf(granules), 1);
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

  /**
   * Changes the size of a block without copying it: where it is, or by moving its pages.
   *
   * @return the address of the block, or 0 if there is no such way; nothing has changed then
   */
  public long resize(final Slab slab, final long newSize) {
    final long granules = Math.max(1, Geometry.granulesFor(newSize));
    if (granules == slab.run().granules()) {
      return slab.base();
    }
    if (granules > Integer.MAX_VALUE) {
      return 0;
    }
    final Slab successor = newSlab(granules);
    if (!slab.claim()) {
      return 0;
    }
    final Regions regions = source.regions();
    regions.lock().lock();
    try {
      if (!resizeRun(regions, slab.run(), successor.run(), (int) granules)) {
        slab.unclaim();
        return 0;
      }
      successor.place();
      source.leave(slab);
      slab.retire();
      source.enter(successor);
    } finally {
      regions.lock().unlock();
    }
    if (granules * Geometry.GRANULE_BYTES < slab.blockBytes()) {
      heaps.stir(); // what it gave up is idle now
    }
    return successor.base();
  }

  private static boolean resizeRun(
      final Regions regions, final Run run, final Run successor, final int granules) {
    if (granules < run.granules()) {
      regions.shorten(run, granules);
    } else if (!regions.lengthen(run, granules)) {
      return regions.move(run, successor, granules);
    }
    successor.takeOver(run);
    return true;
  }
}
