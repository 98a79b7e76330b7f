package io.quarry.allocator;

import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What an allocator holds at one moment. Immutable, and so safe for use by several threads.
 *
 * <p>It adds up to the byte, by construction, also while other threads allocate and free:
 *
 * <pre>mappedBytes == liveBytes + freeBlockBytes + tailBytes + idleBytes</pre>
 *
 * @param capacityBytes the hard limit on {@code mappedBytes}
 * @param reservedBytes address space of all regions, including what is mapped; address space costs
 *     no memory
 * @param mappedBytes bytes of the granules that belong to a slab, or did and are idle now; the
 *     allocator's resident memory cannot exceed it
 * @param liveBytes bytes of the blocks handed out, which is at least what was asked for; with
 *     {@link Checks} their red zones as well
 * @param liveBlocks number of blocks handed out
 * @param freeBlockBytes bytes of the blocks in slabs that are not handed out, or were freed and are
 *     held back by {@link Checks}
 * @param tailBytes bytes at the ends of slabs, too short for one more block
 * @param idleBytes bytes of granules that belong to no slab any more and are kept for reuse, until
 *     they have been idle for the allocator's idle time
 * @param metadataBytes estimate of the bytes of Java heap that the allocator uses for its own
 *     records; not in it are tables of 1.3 MiB that all allocators of a process share
 * @param unmappedBytes total of the bytes returned to the kernel so far, as whole slabs
 * @param discardedBytes total of the bytes given back so far as pages without a live block in slabs
 *     that stay in use; they stay mapped. Counted in pages that were resident, or, of slabs of more
 *     than 64 pages, in 64ths of a slab of which a page was
 * @param refilledBytes of {@code discardedBytes}, what was seen to hold a live block again, by the
 *     maintenance thread on its rounds. What was refilled and fell empty again between two rounds
 *     is not in it, nor what was refilled in a slab that was given up before the next
 * @param mallocCount number of blocks handed out so far
 * @param freeCount number of blocks taken back so far
 * @param mappings number of kernel mappings held, as an upper bound: the kernel may have joined
 *     neighbours
 * @param misuseCount number of bad frees that were found late, that is after the call that made
 *     them had returned, and of checked blocks that were written behind their end or after their
 *     free; those found at once were reported by an exception and are not counted
 * @param sizeClasses one entry for each size class, smallest first and large blocks last; copied,
 *     and not to be modified
 * @param allocationSites where the checked blocks were allocated that are live, those of most bytes
 *     first; empty with {@link Checks#STANDARD}. Found out when it is first asked for, which takes
 *     some microseconds for each block
 */
public record AllocatorStats(
    long capacityBytes,
    long reservedBytes,
    long mappedBytes,
    long liveBytes,
    long liveBlocks,
    long freeBlockBytes,
    long tailBytes,
    long idleBytes,
    long metadataBytes,
    long unmappedBytes,
    long discardedBytes,
    long refilledBytes,
    long mallocCount,
    long freeCount,
    long mappings,
    long misuseCount,
    List<SizeClassStats> sizeClasses,
    List<AllocationSite> allocationSites) {

  /**
   * Copies the list and checks that the bytes add up.
   *
   * @throws IllegalArgumentException if {@code mappedBytes} is not the sum of {@code liveBytes},
   *     {@code freeBlockBytes}, {@code tailBytes} and {@code idleBytes}, or one of them is negative
   */
  public AllocatorStats {
    if (!addsUp(mappedBytes, liveBytes, freeBlockBytes, tailBytes, idleBytes)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "mappedBytes %d is not liveBytes %d + freeBlockBytes %d + tailBytes %d"
                  + " + idleBytes %d",
              mappedBytes,
              liveBytes,
              freeBlockBytes,
              tailBytes,
              idleBytes));
    }
    sizeClasses = List.copyOf(sizeClasses);
    allocationSites = Collections.unmodifiableList(allocationSites); // not copied: see there
  }

  /** The live share of the mapped bytes, 0 to 1; 0 where nothing is mapped. */
  public double utilisation() {
    return mappedBytes == 0 ? 0 : (double) liveBytes / mappedBytes;
  }

  /**
   * This snapshot as text of several lines, made for people: the sum, then what else is held, then
   * a table of the size classes that have a slab, then the largest allocation sites. The form may
   * change from version to version; programs read {@link #toJson()}.
   */
  public String toText() {
    return StatsText.of(this);
  }

  /**
   * This snapshot as one JSON object on one line, made for programs: the keys are the names of this
   * record's components, {@code sizeClasses} is an array of objects whose keys are those of {@link
   * SizeClassStats}, and {@code allocationSites} one of objects whose keys are those of {@link
   * AllocationSite}, the stack an array of strings. All numbers are integers of up to 64 bits.
   */
  public String toJson() {
    return StatsJson.of(this);
  }

  /** Whether the parts make the total exactly and none is negative. Sums cannot overflow. */
  static boolean addsUp(long total, long... parts) {
    long rest = total;
    for (final long part : parts) {
      if (part < 0 || part > rest) {
        return false;
      }
      rest -= part;
    }
    return rest == 0;
  }
}
