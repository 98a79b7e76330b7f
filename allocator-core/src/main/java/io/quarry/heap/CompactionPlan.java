package io.quarry.heap;

import io.quarry.region.Geometry;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Which slabs to empty, in which order. Made in one pass over all slabs, a piece at a time, so that
 * nobody waits for it; by the time it is carried out, a slab may have changed, and is looked at
 * again.
 *
 * <p>Of each class the emptiest slabs come first, and as few as bring the class to the target: to
 * empty a slab that is used to the share {@code u} and to give back what that sets free costs
 * {@code u / (1 - u)} bytes of copying for each byte. Of the classes, that with the lowest such
 * price comes first.
 */
public final class CompactionPlan {
  private static final int PIECE = 512;

  private final Deque<Slab> victims = new ArrayDeque<>();
  private final double target;
  private long slabBytes;
  private long liveBytes;
  private long mallocs;
  private long gainBytes;

  private CompactionPlan(final double target) {
    this.target = target;
  }

  /**
   * Makes a plan.
   *
   * @param issuedToMove blocks that were issued to move others to
   * @param target the share of the bytes of slabs that should be live, 0 to 1
   */
  static CompactionPlan make(
      final SlabSource source, final long issuedToMove, final double target, final long nowNanos) {
    final CompactionPlan plan = new CompactionPlan(target);
    final OfClass[] classes = new OfClass[SizeClasses.COUNT];
    final Slab[] piece = new Slab[PIECE];
    int from = 0;
    for (int count = source.copySlabs(from, piece);
        count > 0;
        count = source.copySlabs(from, piece)) {
      for (int i = 0; i < count; i++) {
        plan.look(piece[i], classes, nowNanos);
      }
      from += count;
    }
    plan.mallocs += source.retiredMallocs() - issuedToMove;
    plan.choose(classes);
    return plan;
  }

  private void look(final Slab slab, final OfClass[] classes, final long nowNanos) {
    mallocs += slab.mallocCount();
    if (slab.sizeClass() == Slab.LARGE || slab.isRetired() || Heaps.isWatched(slab)) {
      return;
    }
    if (classes[slab.sizeClass()] == null) {
      classes[slab.sizeClass()] = new OfClass(slab.sizeClass());
    }
    classes[slab.sizeClass()].add(slab, slab.liveCount(), nowNanos);
  }

  private void choose(final OfClass[] classes) {
    final List<OfClass> worthwhile = new ArrayList<>();
    for (final OfClass each : classes) {
      if (each != null) {
        slabBytes += each.slabBytes;
        liveBytes += each.liveBlocks * each.blockBytes;
        if (each.choose(target)) {
          worthwhile.add(each);
          gainBytes += each.gainBytes;
        }
      }
    }
    worthwhile.sort(Comparator.comparingDouble(OfClass::price));
    for (final OfClass each : worthwhile) {
      each.addVictimsTo(victims);
    }
  }

  /** The next slab to be emptied; null if all were. */
  Slab next() {
    return victims.poll();
  }

  /** Says that a slab that {@link #next} gave was not done yet. */
  void putBack(final Slab slab) {
    victims.addFirst(slab);
  }

  /** Whether there is nothing left to do. */
  public boolean isDone() {
    return victims.isEmpty();
  }

  /** Whether a slab is still worth emptying. */
  boolean isWorthwhile(final Slab slab) {
    return slab.liveCount() < slab.blockCount() * target;
  }

  /** The share of the bytes of slabs that was live when the plan was made; 1 if there were none. */
  public double utilisation() {
    return slabBytes == 0 ? 1 : (double) liveBytes / slabBytes;
  }

  /** The bytes of slabs that it would set free. */
  public long gainBytes() {
    return gainBytes;
  }

  /** Live bytes when the plan was made, large blocks apart. */
  public long liveBytes() {
    return liveBytes;
  }

  /** Blocks ever issued to the program when the plan was made, about. */
  public long mallocs() {
    return mallocs;
  }

  /** The slabs of one class. */
  private static final class OfClass {
    private final long blockBytes;
    private final long bytesOfSlab;
    private final long blocksOfSlab;
    private long slabBytes;
    private long liveBlocks;
    private long gainBytes;
    private long victimBlocks;

    private Slab[] slabs = new Slab[16];

    /** Share of live blocks in 2^-20, then the place in {@link #slabs}: sorts as a number. */
    private long[] order = new long[16];

    private int count;
    private int victimCount;

    OfClass(final int sizeClass) {
      blockBytes = SizeClasses.bytes(sizeClass);
      bytesOfSlab = Geometry.bytesOf(SizeClasses.granules(sizeClass));
      blocksOfSlab = bytesOfSlab / blockBytes;
    }

    void add(final Slab slab, final int live, final long nowNanos) {
      slabBytes += slab.run().bytes();
      liveBlocks += live;
      if (!slab.isHeld() || live == slab.blockCount() || slab.isLeftAlone(nowNanos)) {
        return;
      }
      if (count == slabs.length) {
        slabs = Arrays.copyOf(slabs, 2 * count);
        order = Arrays.copyOf(order, 2 * count);
      }
      slabs[count] = slab;
      order[count] = ((long) live << 20) / slab.blockCount() << 32 | count;
      count++;
    }

    /** Whether there is something to be gained. */
    boolean choose(final double target) {
      final double wantedBytes = slabBytes - liveBlocks * blockBytes / target;
      Arrays.sort(order, 0, count);
      long blocks = 0;
      long bytes = 0;
      for (int i = 0; i < count && gainBytes < wantedBytes; i++) {
        final Slab slab = slabs[(int) order[i]];
        if (order[i] >>> 32 >= (long) (target * (1 << 20))) {
          break;
        }
        bytes += slab.run().bytes();
        blocks += (order[i] >>> 32) * slab.blockCount() >>> 20;
        final long needed = (blocks + blocksOfSlab - 1) / blocksOfSlab * bytesOfSlab;
        if (bytes - needed > gainBytes) {
          gainBytes = bytes - needed;
          victimBlocks = blocks;
          victimCount = i + 1;
        }
      }
      return gainBytes > 0;
    }

    double price() {
      return (double) victimBlocks * blockBytes / gainBytes;
    }

    void addVictimsTo(final Deque<Slab> victims) {
      for (int i = 0; i < victimCount; i++) {
        victims.add(slabs[(int) order[i]]);
      }
    }
  }
}
