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
  private static final Set<MapFlag> INTO_HOLE =
      EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.NORESERVE, MapFlag.FIXED_NOREPLACE);
  private static final Set<RemapFlag> TO_ADDRESS = EnumSet.of(RemapFlag.MAYMOVE, RemapFlag.FIXED);

  private final Posix posix;

  /** Why the kernel refused last, for whoever has to explain it; null as long as it did not. */
  private volatile PosixException lastRefusal;

  /**
   * Ranges that are ours, of no more use, and that the kernel would not unmap: it may later. They
   * cost address space only. Guarded by the lock of the {@link Regions}.
   */
  private final List<long[]> leftovers = new ArrayList<>();

  Mapper(final Posix posix) {
    this.posix = posix;
  }

  PosixException lastRefusal() {
    return lastRefusal;
  }

  /**
   * Maps a whole region at an address that is a multiple of {@code alignment}, a power of two.
   *
   * @return whether the kernel agreed; the region knows its base then
   */
  boolean reserve(final Region region, final long alignment) {
    unmapLeftovers();
    final long length = region.bytes();
    long address = map(length);
    if (address == 0) {
      return false;
    }
    if ((address & (alignment - 1)) != 0) {
      // Rarely aligned by itself: map enough that an aligned part is in it, and trim both ends.
      unmapOrLeave(address, length);
      final long around = length + alignment - posix.pageSize();
      address = map(around);
      if (address == 0) {
        return false;
      }
      final long base = (address + alignment - 1) & -alignment;
      unmapOrLeave(address, base - address);
      unmapOrLeave(base + length, address + around - base - length);
      address = base;
    }
    region.base(address);
    avoidHugePages(address, length);
    return true;
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
  Outcome mapHole(final long address, final long length) {
    final long mapped;
    try {
      mapped = posix.mmap(address, length, READ_WRITE, INTO_HOLE, Posix.NO_FILE, 0);
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

  boolean unmap(final long address, final long length) {
    try {
      posix.munmap(address, length);
      return true;
    } catch (final PosixException refused) {
      lastRefusal = refused;
      return false;
    }
  }

  /** Gives the pages back and keeps the mapping: it reads as zero from now on. */
  boolean discard(final long address, final long length) {
    try {
      // Not FREE: the pages would stay resident until the kernel is short of them.
      posix.madvise(address, length, Advice.DONTNEED);
      return true;
    } catch (final PosixException refused) {
      lastRefusal = refused;
      return false;
    }
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
