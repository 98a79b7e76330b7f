package io.quarry.region;

import io.quarry.posix.Advice;
import io.quarry.posix.Errno;
import io.quarry.posix.MapFlag;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import io.quarry.posix.RemapFlag;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What regions ask of the kernel, in their own words. Each method either did all of it or nothing,
 * and says which; none throws because the kernel refused.
 */
final class Mapper {
  private static final Set<Protection> READ_WRITE = EnumSet.of(Protection.READ, Protection.WRITE);
  private static final Set<MapFlag> PRIVATE_ANONYMOUS =
      EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.NORESERVE);
  private static final Set<RemapFlag> TO_ADDRESS = EnumSet.of(RemapFlag.MAYMOVE, RemapFlag.FIXED);

  /** Another thread may map something in the moment between two calls, but not every time. */
  private static final int MOST_PLACES_TRIED = 8;

  private final Posix posix;
  private final PageSource pages;

  /** Why the kernel refused last, for whoever has to explain it; null as long as it did not. */
  private volatile PosixException lastRefusal;

  /**
   * Ranges that are ours, of no more use, and that the kernel would not unmap: it may later. They
   * cost address space only. Guarded by the lock of the {@link Regions}.
   */
  private final List<long[]> leftovers = new ArrayList<>();

  Mapper(final Posix posix, final PageSource pages) {
    this.posix = posix;
    this.pages = pages;
  }

  PosixException lastRefusal() {
    return lastRefusal;
  }

  /**
   * Maps a whole region at an address that is a multiple of {@code alignment}, a power of two.
   *
   * @return whether the kernel agreed; the region knows its place then
   */
  boolean reserve(final Region region, final long alignment) {
    unmapLeftovers();
    final long range = openRange(region.bytes());
    if (range < 0) {
      return false;
    }
    boolean mapped = false;
    try {
      mapped = mapAligned(region, alignment, range);
    } finally {
      if (!mapped) {
        region.place(0, pages, 0);
        pages.close(range, region.bytes());
      }
    }
    if (mapped && !pages.isShared()) { // what is exchanged has heard of it
      avoidHugePages(region.base(), region.bytes());
    }
    return mapped;
  }

  private long openRange(final long bytes) {
    try {
      return pages.open(bytes);
    } catch (final PosixException refused) {
      lastRefusal = refused;
      return -1;
    }
  }

  private boolean mapAligned(final Region region, final long alignment, final long range) {
    for (int place = 0; place < MOST_PLACES_TRIED; place++) {
      final long address = anonymousAligned(region.bytes(), alignment);
      if (address == 0) {
        return false;
      }
      region.place(address, pages, range);
      final Outcome outcome = pages.isShared() ? exchange(region) : Outcome.DONE;
      if (outcome != Outcome.TAKEN) {
        return outcome == Outcome.DONE;
      }
    }
    return false;
  }

  /**
   * Maps shared pages where anonymous memory has found a place. Not over it, with {@link
   * MapFlag#FIXED}: if that fails, it cannot be told whether the anonymous memory is still there.
   */
  private Outcome exchange(final Region region) {
    if (!unmap(region.base(), region.bytes())) {
      leftovers.add(new long[] {region.base(), region.bytes()});
      return Outcome.REFUSED;
    }
    return mapHole(region, region.base(), region.bytes());
  }

  /** Anonymous memory at a multiple of the alignment, or 0. */
  private long anonymousAligned(final long length, final long alignment) {
    final long address = map(length);
    if (address == 0 || (address & (alignment - 1)) == 0) {
      return address;
    }
    // Rarely aligned by itself: map enough that an aligned part is in it, and trim both ends.
    unmapOrLeave(address, length);
    final long around = length + alignment - posix.pageSize();
    final long start = map(around);
    if (start == 0) {
      return 0;
    }
    final long base = (start + alignment - 1) & -alignment;
    unmapOrLeave(start, base - start);
    unmapOrLeave(base + length, start + around - base - length);
    return base;
  }

  private long map(final long length) {
    try {
      return posix.mmap(0, length, READ_WRITE, PRIVATE_ANONYMOUS, Posix.NO_FILE, 0);
    } catch (final PosixException refused) {
      lastRefusal = refused;
      return 0;
    }
  }

  /** Unmaps a range that is ours, now or some time later. */
  void unmapOrLeave(final long address, final long length) {
    if (length > 0 && !unmap(address, length)) {
      leftovers.add(new long[] {address, length});
    }
  }

  /** Tries again to unmap what the kernel would not; false if it still keeps some of it. */
  boolean unmapLeftovers() {
    leftovers.removeIf(range -> unmap(range[0], range[1]));
    return leftovers.isEmpty();
  }

  /**
   * Maps a hole again.
   *
   * @return {@link Outcome#TAKEN} if somebody else maps memory there by now
   */
  Outcome mapHole(final Region region, final long address, final long length) {
    final long mapped;
    try {
      mapped = pages.map(address, length, region.offsetOf(address));
    } catch (final PosixException refused) {
      lastRefusal = refused;
      return refused.error() == Errno.EEXIST ? Outcome.TAKEN : Outcome.REFUSED;
    } catch (final UnsupportedOperationException elsewhereThanOnLinux) {
      // Without this flag a stranger's memory could be replaced: the hole is given up.
      return Outcome.TAKEN;
    }
    if (mapped != address) {
      // Kernels before 4.17 take the address for a hint.
      unmapOrLeave(mapped, length);
      return Outcome.TAKEN;
    }
    avoidHugePages(address, length);
    return Outcome.DONE;
  }

  enum Outcome {
    /** It is as it was asked for. */
    DONE,
    /** Somebody else's memory may be there. */
    TAKEN,
    /** Nothing has changed. */
    REFUSED
  }

  /**
   * Transparent huge pages would make {@code munmap} of a slab a promise that the kernel does not
   * keep: the rest of the huge page stays. Refused with EINVAL by kernels that have none: fine too.
   */
  private void avoidHugePages(final long address, final long length) {
    try {
      posix.madvise(address, length, Advice.NOHUGEPAGE);
    } catch (final PosixException | UnsupportedOperationException withoutHugePages) {
      // Only ever an optimisation of what is returned later.
    }
  }

  /**
   * Unmaps what nobody uses. Shared pages outlive that: those that were used need {@link
   * #giveBack}.
   */
  boolean unmap(final long address, final long length) {
    try {
      posix.munmap(address, length);
      return true;
    } catch (final PosixException refused) {
      lastRefusal = refused;
      return false;
    }
  }

  /** Gives the pages back and unmaps them; if that fails, they may read as zero from now on. */
  boolean giveBack(final Region region, final long address, final long length) {
    return (!pages.isShared() || discard(region, address, length)) && unmap(address, length);
  }

  /** Gives the pages back and keeps the mapping: it reads as zero from now on. */
  boolean discard(final Region region, final long address, final long length) {
    try {
      pages.discard(address, length, region.offsetOf(address));
      return true;
    } catch (final PosixException refused) {
      lastRefusal = refused;
      return false;
    }
  }

  /** Makes certain that granules that are mapped and zero can be written to. */
  boolean allocate(final Region region, final int first, final int count) {
    final long address = region.addressOf(first);
    final long length = Geometry.bytesOf(count);
    try {
      pages.allocate(region.offsetOf(address), length);
      return true;
    } catch (final PosixException refused) {
      discard(region, address, length); // some of it may have been allocated
      lastRefusal = refused;
      return false;
    }
  }

  /** Unmaps a region that was just reserved, now or some time later. */
  void giveUp(final Region region) {
    unmapOrLeave(region.base(), region.bytes());
    forget(region);
  }

  /** Takes back the place of a region of which nothing is mapped any more. */
  void forget(final Region region) {
    pages.close(region.offsetOf(region.base()), region.bytes());
  }

  /** Whether {@link #movePages} can do anything: offsets in a file must not change. */
  boolean movesPages() {
    return !pages.isShared();
  }

  /** Which pages of a range are resident; null if the kernel does not say. */
  BitSet residentPages(final long address, final long length) {
    try {
      return posix.mincore(address, length);
    } catch (final PosixException notMapped) {
      return null;
    }
  }

  long pageSize() {
    return posix.pageSize();
  }

  /**
   * Moves pages, without copying, over a range that is mapped and loses what it held.
   *
   * @return {@link Outcome#TAKEN} if the kernel may have unmapped the destination before it found
   *     that it cannot move
   */
  Outcome movePages(final long from, final long fromLength, final long to, final long toLength) {
    try {
      posix.mremap(from, fromLength, toLength, TO_ADDRESS, to);
      return Outcome.DONE;
    } catch (final PosixException refused) {
      lastRefusal = refused;
      return switch (refused.error()) {
        case EINVAL, EPERM, ENOSYS -> Outcome.REFUSED; // found before anything is touched
        default -> Outcome.TAKEN;
      };
    } catch (final UnsupportedOperationException elsewhereThanOnLinux) {
      return Outcome.REFUSED;
    }
  }
}
