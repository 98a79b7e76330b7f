package io.quarry.slab;

import static io.quarry.region.Geometry.ADDRESS_BITS;
import static io.quarry.region.Geometry.GRANULE_SHIFT;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * From an address to the slab whose granule it lies in: exact, two loads, no false positives. There
 * is one for the process, as there is one address space; a slab knows whose it is.
 *
 * <pre>
 *   address  | 18 bits: leaf | 14 bits: granule | 16 bits |
 *                    |                 |
 *               ROOT[leaf]  ->  leaf[granule]  ->  slab, or NOBODY
 * </pre>
 *
 * <p>A leaf spans 1 GiB and is made when first needed; until then its place holds one empty leaf
 * that all share and nobody writes. Leaves are never removed.
 *
 * <p><b>Ordering.</b> A slab is made complete, then published here with release; {@link #slabAt}
 * reads with acquire. A thread that asks for an address which it got from an allocator sees the
 * slab in any case, for the address came to it after the publication; acquire is for those who ask
 * for an address they made up. Leaves are replaced under the lock of this class, and published with
 * release as well.
 */
public final class SlabDirectory {
  private static final int LEAF_BITS = 14;
  private static final int LEAF_SHIFT = GRANULE_SHIFT + LEAF_BITS;
  private static final int LEAF_LENGTH = 1 << LEAF_BITS;
  private static final int ROOT_LENGTH = 1 << ADDRESS_BITS - LEAF_SHIFT;

  private static final VarHandle SLABS = MethodHandles.arrayElementVarHandle(Slab[].class);
  private static final VarHandle LEAVES = MethodHandles.arrayElementVarHandle(Slab[][].class);

  private static final Slab[] EMPTY_LEAF = emptyLeaf();
  private static final Slab[][] ROOT = new Slab[ROOT_LENGTH][];

  static {
    Arrays.fill(ROOT, EMPTY_LEAF);
  }

  private SlabDirectory() {}

  /** The slab at an address, whatever number that is; {@link Slab#NOBODY} if there is none. */
  public static Slab slabAt(final long address) {
    if (address >>> ADDRESS_BITS != 0) {
      return Slab.NOBODY;
    }
    final Slab[] leaf = (Slab[]) LEAVES.getAcquire(ROOT, (int) (address >>> LEAF_SHIFT));
    return (Slab) SLABS.getAcquire(leaf, (int) (address >>> GRANULE_SHIFT) & LEAF_LENGTH - 1);
  }

  /**
   * Makes the leaves that a range needs. To be called when a region is reserved, so that {@link
   * #put} needs no memory of the Java heap later.
   */
  public static synchronized void prepare(final long address, final long bytes) {
    final int last = (int) (address + bytes - 1 >>> LEAF_SHIFT);
    for (int leaf = (int) (address >>> LEAF_SHIFT); leaf <= last; leaf++) {
      if (ROOT[leaf] == EMPTY_LEAF) {
        LEAVES.setRelease(ROOT, leaf, emptyLeaf());
      }
    }
  }

  /** Publishes a slab at all its granules. */
  public static void put(final Slab slab) {
    final long end = slab.base() + slab.run().bytes();
    for (long at = slab.base(); at < end; at += 1L << GRANULE_SHIFT) {
      final Slab[] leaf = ROOT[(int) (at >>> LEAF_SHIFT)];
      SLABS.setRelease(leaf, (int) (at >>> GRANULE_SHIFT) & LEAF_LENGTH - 1, slab);
    }
  }

  /**
   * Forgets the slabs of one owner in a range. Those of others stay: the range is address space
   * that its owner has unmapped, or is about to, and the kernel may have given parts of it to
   * another allocator already, whose slabs these are then.
   */
  public static void clear(final long address, final long bytes, final Predicate<Slab> isMine) {
    final long end = address + bytes;
    for (long at = address; at < end; at += 1L << GRANULE_SHIFT) {
      final Slab[] leaf = ROOT[(int) (at >>> LEAF_SHIFT)];
      final int granule = (int) (at >>> GRANULE_SHIFT) & LEAF_LENGTH - 1;
      final Slab slab = (Slab) SLABS.getAcquire(leaf, granule);
      if (slab != Slab.NOBODY && isMine.test(slab)) {
        SLABS.compareAndSet(leaf, granule, slab, Slab.NOBODY);
      }
    }
  }

  private static Slab[] emptyLeaf() {
    final Slab[] leaf = new Slab[LEAF_LENGTH];
    Arrays.fill(leaf, Slab.NOBODY);
    return leaf;
  }
}
