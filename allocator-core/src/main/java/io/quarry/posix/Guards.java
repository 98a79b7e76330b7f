package io.quarry.posix;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The pages without access before and behind a mapping: whoever runs past its end is stopped by a
 * SIGSEGV before harm is done. They take address space and no memory. Not safe for use by several
 * threads.
 */
final class Guards {

  /** Some pages without access. */
  private record Range(long address, long length) {}

  private final Posix posix;
  private final List<Range> ranges = new ArrayList<>();
  private boolean present;
  private long inside;

  private Guards(Posix posix) {
    this.posix = posix;
  }

  /** No guards. */
  static Guards none(Posix posix) {
    return new Guards(posix);
  }

  /**
   * Reserves room for a mapping, with guards around it.
   *
   * @param near a hint for the kernel, or the address of the room itself with {@link
   *     MapFlag#FIXED_NOREPLACE}
   */
  static Guards around(Posix posix, long near, Set<MapFlag> place, long whole, long pageBytes) {
    final Guards guards = new Guards(posix);
    guards.reserve(near, place, whole, pageBytes);
    return guards;
  }

  boolean arePresent() {
    return present;
  }

  /** Where the mapping belongs. */
  long inside() {
    return inside;
  }

  private void reserve(long near, Set<MapFlag> place, long whole, long pageBytes) {
    // The kernel aligns to small pages only.
    final long slack = pageBytes > posix.pageSize() ? pageBytes : 0;
    final long total = whole + 2 * pageBytes + slack;
    final Set<MapFlag> flags = EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.NORESERVE);
    flags.addAll(place);
    final long start =
        posix.mmap(
            near == 0 ? 0 : near - pageBytes,
            total,
            EnumSet.noneOf(Protection.class),
            flags,
            Posix.NO_FILE,
            0);
    inside = Pages.roundUp(start + pageBytes, pageBytes);
    ranges.add(new Range(start, inside - start));
    ranges.add(new Range(inside + whole, start + total - inside - whole));
    present = true;
  }

  /** Moves a mapping to a new place with guards around it; returns where that is. */
  long move(long address, long oldWhole, long newWhole, long pageBytes) {
    final Guards next = around(posix, 0, Set.of(), newWhole, pageBytes);
    final List<Range> old = List.copyOf(ranges);
    try {
      posix.mremap(
          address, oldWhole, newWhole, EnumSet.of(RemapFlag.MAYMOVE, RemapFlag.FIXED), next.inside);
    } catch (PosixException e) {
      next.addInside(newWhole);
      ranges.addAll(next.ranges);
      tryToUnmap(next.ranges);
      throw e;
    }
    ranges.addAll(next.ranges);
    tryToUnmap(old);
    return next.inside;
  }

  /** What cannot be unmapped now is so when the mapping is. */
  private void tryToUnmap(List<Range> someRanges) {
    for (Range range : someRanges) {
      try {
        unmap(range);
      } catch (PosixException tooManyMappings) {
        // It stays in the list.
      }
    }
  }

  /** Unmaps the guards, and what was reserved between them and not mapped over. */
  void unmapWithInside(long whole) {
    addInside(whole);
    unmap();
  }

  private void addInside(long whole) {
    final Optional<List<MemoryRange>> told = MemoryRange.within(inside, whole);
    if (told.isEmpty()) {
      ranges.add(new Range(inside, whole));
      return;
    }
    // Older kernels unmap it before they refuse to map over it; then it may be somebody else's.
    for (MemoryRange range : told.get()) {
      if (range.protection().isEmpty() && range.name().isEmpty()) {
        final long low = Math.max(range.from(), inside);
        ranges.add(new Range(low, Math.min(range.to(), inside + whole) - low));
      }
    }
  }

  /** Unmaps the guards; can be repeated after a failure. */
  void unmap() {
    for (Range range : List.copyOf(ranges)) {
      unmap(range);
    }
  }

  private void unmap(Range range) {
    posix.munmap(range.address(), range.length());
    ranges.remove(range);
  }
}
