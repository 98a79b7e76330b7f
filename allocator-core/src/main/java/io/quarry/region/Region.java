package io.quarry.region;

import io.quarry.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;

/**
 * One large mapping as an array of granules, and what each of them is:
 *
 * <pre>
 *   used      belongs to a run that was handed out
 *   idle      did, and is kept for the next run: resident       idle  &sube; backed
 *   fresh     mapped and never issued since: costs no memory    fresh  =  backed - idle
 *   hole      was unmapped, can be mapped again                 hole   =  vacant - backed
 *   lost      was a hole, and somebody else maps memory there now
 *   leaving   idle until a moment ago, being returned to the kernel without the lock
 *
 *   idle &sube; backed &sube; vacant;   unmapped = hole + lost
 *   granules = used + leaving + |vacant| + lost
 * </pre>
 *
 * <p>All state is guarded by the lock of the {@link Regions}; no method makes a system call.
 */
public final class Region {
  /** What {@link #clear} clears at most, in bytes. */
  public static final int MOST_CLEARED = 2048;

  private static final byte[] ZEROS = new byte[MOST_CLEARED];

  final int granules;

  private final BitSet idle;
  private final BitSet backed;
  private final BitSet vacant;
  private final BitSet unmapped;
  private final long[] idleSinceNanos;

  /**
   * Where the pages of each granule come from: 0 if they were always here, otherwise the number of
   * the call that mapped or moved them here. Pages of one origin are in one mapping of the kernel;
   * those of several may not be, and it moves no more than one mapping at a time.
   */
  private final int[] origin;

  private int origins;
  private PageSource pages;
  private long base;
  private long range;
  private int busy;
  private int idleCount;

  /** No run of more granules than this is vacant; lets a search pass over a region that is full. */
  private int longestRunBound;

  private volatile ByteBuffer window;

  Region(final int granules) {
    this.granules = granules;
    idle = new BitSet(granules);
    backed = new BitSet(granules);
    vacant = new BitSet(granules);
    unmapped = new BitSet(granules);
    idleSinceNanos = new long[granules];
    origin = new int[granules];
    longestRunBound = granules;
    backed.set(0, granules);
    vacant.set(0, granules);
  }

  /** The address of the first byte. */
  public long base() {
    return base;
  }

  void base(final long address) {
    base = address;
  }

  /** Where the region is, what its pages are from, and where in that its range begins. */
  void place(final long address, final PageSource source, final long offset) {
    base = address;
    pages = source;
    range = offset;
  }

  PageSource pages() {
    return pages;
  }

  /** The offset of an address of this region in the file that its pages are from. */
  public long offsetOf(final long address) {
    return range + address - base;
  }

  /** The length in bytes, holes included. */
  public long bytes() {
    return Geometry.bytesOf(granules);
  }

  long addressOf(final int granule) {
    return base + Geometry.bytesOf(granule);
  }

  /**
   * A buffer over the whole region, made once, that the views of its blocks are sliced from.
   *
   * @throws IllegalStateException if the region is too large for one buffer
   */
  public ByteBuffer window() {
    ByteBuffer made = window;
    if (made == null) {
      if (bytes() > Geometry.MAX_REGION_BYTES) {
        throw new IllegalStateException("a region of " + bytes() + " bytes fits no ByteBuffer");
      }
      // Two threads may both make one; either will do, and neither owns the memory.
      made = NativeMemory.byteBuffer(base, (int) bytes());
      window = made;
    }
    return made;
  }

  /**
   * Fills a short range with zeros. It takes less time than a call of the C library does.
   *
   * @param length at most {@link #MOST_CLEARED}
   */
  public void clear(final long address, final int length) {
    window().put((int) (address - base), ZEROS, 0, length);
  }

  /** Whether a window can be made over this region. */
  public boolean hasWindow() {
    return bytes() <= Geometry.MAX_REGION_BYTES;
  }

  int idleCount() {
    return idleCount;
  }

  /** Whether nothing in the region is used, idle or on its way to the kernel. */
  boolean deserted() {
    return busy == 0 && idleCount == 0;
  }

  // --- finding -----------------------------------------------------------------------------------

  /** The lowest run of idle granules, or -1. */
  int findIdle(final int count, final int alignment) {
    return idleCount < count ? -1 : find(idle, count, alignment);
  }

  /** The lowest run of granules that are mapped and not in use, or -1. */
  int findBacked(final int count, final int alignment) {
    return longestRunBound < count ? -1 : find(backed, count, alignment);
  }

  /** The lowest run of granules that are not in use, holes included, or -1. */
  int findVacant(final int count, final int alignment) {
    if (longestRunBound < count) {
      return -1;
    }
    final int found = find(vacant, count, alignment);
    if (found < 0 && alignment == 1) {
      longestRunBound = count - 1;
    }
    return found;
  }

  private int find(final BitSet set, final int count, final int alignment) {
    final int baseGranule = (int) ((base >>> Geometry.GRANULE_SHIFT) & (alignment - 1));
    int from = set.nextSetBit(0);
    while (from >= 0) {
      final int end = set.nextClearBit(from);
      final int start = ((from + baseGranule + alignment - 1) & -alignment) - baseGranule;
      if (end - start >= count) {
        return start;
      }
      from = set.nextSetBit(end);
    }
    return -1;
  }

  /** Whether all of these granules are mapped and not in use. */
  boolean isBacked(final int first, final int count) {
    return count <= granules - first && backed.nextClearBit(first) >= first + count;
  }

  int countIdle(final int first, final int count) {
    int idleGranules = 0;
    int from = idle.nextSetBit(first);
    while (from >= 0 && from < first + count) {
      final int end = Math.min(idle.nextClearBit(from), first + count);
      idleGranules += end - from;
      from = idle.nextSetBit(end);
    }
    return idleGranules;
  }

  /** The first hole at or after a granule and before {@code end}, or -1. */
  int nextHole(final int from, final int end) {
    final int hole = unmapped.nextSetBit(from);
    return hole >= 0 && hole < end ? hole : -1;
  }

  int endOfHole(final int from, final int end) {
    return Math.min(unmapped.nextClearBit(from), end);
  }

  /** The first idle granule, at or after {@code from}, idle since the deadline or longer; or -1. */
  int nextDue(final int from, final long deadlineNanos) {
    int granule = idle.nextSetBit(from);
    while (granule >= 0 && idleSinceNanos[granule] - deadlineNanos > 0) {
      granule = idle.nextSetBit(granule + 1);
    }
    return granule;
  }

  /** The end of the run of due granules that starts at {@code from}. */
  int endOfDue(final int from, final long deadlineNanos, final int most) {
    int end = from;
    while (end - from < most && idle.get(end) && idleSinceNanos[end] - deadlineNanos <= 0) {
      end++;
    }
    return end;
  }

  /** The least {@code idleSince} of all idle granules; only to be asked if there is one. */
  long oldestIdleNanos() {
    int granule = idle.nextSetBit(0);
    long oldest = idleSinceNanos[granule];
    while ((granule = idle.nextSetBit(granule + 1)) >= 0) {
      if (idleSinceNanos[granule] - oldest < 0) {
        oldest = idleSinceNanos[granule];
      }
    }
    return oldest;
  }

  /** The first mapped granule at or after {@code from}, or {@link #granules}. */
  int nextMapped(final int from) {
    return Math.min(unmapped.nextClearBit(from), granules);
  }

  /** The end of the stretch of mapped granules that starts at {@code from}. */
  int endOfMapped(final int from) {
    final int hole = unmapped.nextSetBit(from);
    return hole < 0 ? granules : hole;
  }

  /** By how many the kernel's mappings grow if this stretch of mapped granules is unmapped. */
  int mappingsAddedByUnmapping(final int first, final int count) {
    final boolean left = first > 0 && !unmapped.get(first - 1);
    final boolean right = first + count < granules && !unmapped.get(first + count);
    return left && right ? 1 : left || right ? 0 : -1;
  }

  /** Whether the kernel certainly has these granules, all of them mapped, in one mapping. */
  boolean isOneMapping(final int first, final int count) {
    final int expected = origin[first];
    for (int granule = first; granule < first + count; granule++) {
      if (origin[granule] != expected) {
        return false;
      }
    }
    return true;
  }

  // --- changing ----------------------------------------------------------------------------------

  void use(final int first, final int count) {
    idleCount -= countIdle(first, count);
    idle.clear(first, first + count);
    backed.clear(first, first + count);
    vacant.clear(first, first + count);
    busy += count;
  }

  void becomeIdle(final int first, final int count, final long sinceNanos) {
    busy -= count;
    idleCount += count;
    idle.set(first, first + count);
    backed.set(first, first + count);
    vacant.set(first, first + count);
    for (int granule = first; granule < first + count; granule++) {
      idleSinceNanos[granule] = sinceNanos;
    }
    longestRunBound = granules;
  }

  /** From idle to leaving: nobody finds these granules until they have arrived somewhere. */
  void leave(final int first, final int count) {
    use(first, count);
  }

  void becomeFresh(final int first, final int count) {
    busy -= count;
    backed.set(first, first + count);
    vacant.set(first, first + count);
    longestRunBound = granules;
  }

  void becomeHole(final int first, final int count) {
    busy -= count;
    vacant.set(first, first + count);
    unmapped.set(first, first + count);
    longestRunBound = granules;
  }

  /** Pages were moved here over what was mapped. */
  void moveIn(final int first, final int count) {
    Arrays.fill(origin, first, first + count, ++origins);
  }

  /** From hole to fresh. */
  void mapAgain(final int first, final int count) {
    unmapped.clear(first, first + count);
    moveIn(first, count);
    backed.set(first, first + count);
  }

  /** A hole that belongs to somebody else now is never touched again. */
  void lose(final int first, final int count) {
    vacant.clear(first, first + count);
  }

  @Override
  public String toString() {
    return String.format(
        "region 0x%x, %d granules: %d in use, %d idle, %d unmapped",
        base, granules, busy, idleCount, unmapped.cardinality());
  }
}
