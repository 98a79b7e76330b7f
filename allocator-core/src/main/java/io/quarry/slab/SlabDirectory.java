package io.quarry.slab;

import static io.quarry.region.Geometry.ADDRESS_BITS;
import static io.quarry.region.Geometry.GRANULE_SHIFT;

import io.quarry.region.Region;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

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

  /** A guess is right for addresses less than 2^32 above the slab's base. */
  static final int GUESS_BITS = 32;

  /** As many granules as 4 GiB have: the slabs in that much memory do not displace each other. */
  private static final int RECENT_LENGTH = 1 << GUESS_BITS - GRANULE_SHIFT;

  private static final VarHandle SLABS = MethodHandles.arrayElementVarHandle(Slab[].class);
  private static final VarHandle LEAVES = MethodHandles.arrayElementVarHandle(Slab[][].class);

  private static final Slab[] EMPTY_LEAF = emptyLeaf();
  private static final Slab[][] ROOT = new Slab[ROOT_LENGTH][];

  static {
    Arrays.fill(ROOT, EMPTY_LEAF);
  }

  private static final Slab[] RECENT = new Slab[RECENT_LENGTH];

  static {
    Arrays.fill(RECENT, Slab.NOBODY);
  }

  private SlabDirectory() {}

  /**
   * A guess at the slab of small blocks at an address, in one load: whichever was put or looked up
   * last among those whose granules have the same last 16 bits. If the address is within 4 GiB
   * above its base, it is the right one or its predecessor there: in the slot are only slabs that
   * have a granule with these 16 bits, and within 4 GiB there is just one such granule.
   */
  public static Slab guessAt(final long address) {
    return (Slab) SLABS.getAcquire(RECENT, (int) (address >>> GRANULE_SHIFT) & RECENT_LENGTH - 1);
  }

  /** Makes a slab of small blocks the guess for an address of it. */
  public static void guess(final long address, final Slab slab) {
    SLABS.setRelease(RECENT, (int) (address >>> GRANULE_SHIFT) & RECENT_LENGTH - 1, slab);
  }

  /** The slab at an address, whatever number that is; {@link Slab#NOBODY} if there is none. */
  public static Slab slabAt(final long address) {
    if (address >>> ADDRESS_BITS != 0) {
      return Slab.NOBODY;
    }
    return (Slab) SLABS.getAcquire(leafOf(address), indexOf(address));
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

  /** Java-heap bytes of the leaves' entries for so much address space. */
  public static long metadataBytes(final long reservedBytes) {
    return 4 * (reservedBytes >>> GRANULE_SHIFT);
  }

  /** Publishes a slab at all its granules. */
  public static void put(final Slab slab) {
    set(slab, slab.base(), slab.run().bytes());
  }

  private static void set(final Slab slab, final long address, final long bytes) {
    final long end = address + bytes;
    for (long at = address; at < end; at += 1L << GRANULE_SHIFT) {
      SLABS.setRelease(leafOf(at), indexOf(at), slab);
      // Of larger blocks there is nothing to guess, but what was there before must not stay.
      guess(at, slab.isSmall() ? slab : Slab.NOBODY);
    }
  }

  /**
   * Forgets the slabs of a region. Not all that lie within its bounds are of it: in its holes may
   * be other regions, of this allocator or another.
   */
  public static void clear(final Region region) {
    final long end = region.base() + region.bytes();
    for (long at = region.base(); at < end; at += 1L << GRANULE_SHIFT) {
      final Slab[] leaf = leafOf(at);
      final Slab slab = leaf[indexOf(at)];
      if (slab.run().region() == region) {
        // Another allocator may be publishing a slab there at this moment.
        SLABS.compareAndSet(leaf, indexOf(at), slab, Slab.NOBODY);
        SLABS.compareAndSet(
            RECENT, (int) (at >>> GRANULE_SHIFT) & RECENT_LENGTH - 1, slab, Slab.NOBODY);
      }
    }
  }

  private static Slab[] leafOf(final long address) {
    // The mask changes nothing for an address; the compiler learns from it that no check is needed.
    return (Slab[]) LEAVES.getAcquire(ROOT, (int) (address >>> LEAF_SHIFT) & ROOT_LENGTH - 1);
  }

  private static int indexOf(final long address) {
    return (int) (address >>> GRANULE_SHIFT) & LEAF_LENGTH - 1;
  }

  private static Slab[] emptyLeaf() {
    final Slab[] leaf = new Slab[LEAF_LENGTH];
    Arrays.fill(leaf, Slab.NOBODY);
    return leaf;
  }
}
