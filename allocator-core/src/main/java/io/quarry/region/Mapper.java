package io.quarry.region;

import io.quarry.posix.Advice;
import io.quarry.posix.Errno;
import io.quarry.posix.MapFlag;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import io.quarry.posix.RemapFlag;
import java.util.EnumSet;
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
    final long length = region.bytes();
    long address = map(length);
    if (address == 0) {
      return false;
    }
    if ((address & (alignment - 1)) != 0) {
      // Rarely aligned by itself: map enough that an aligned part is in it, and trim both ends.
      unmap(address, length);
      final long around = length + alignment - posix.pageSize();
      address = map(around);
      if (address == 0) {
        return false;
      }
      final long base = (address + alignment - 1) & -alignment;
      // What cannot be trimmed costs address space only; it goes together with the region.
      region.headBytes = trim(address, base - address);
      region.tailBytes = trim(base + length, address + around - base - length);
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

  private long trim(final long address, final long length) {
    return length == 0 || unmap(address, length) ? 0 : length;
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
    }
    if (mapped != address) {
      // Kernels before 4.17 take the address for a hint.
      unmap(mapped, length);
      return Outcome.TAKEN;
    }
    avoidHugePages(address, length);
    return Outcome.DONE;
  }

  enum Outcome {
    DONE,
    TAKEN,
    REFUSED
  }

  /**
   * Transparent huge pages would make {@code munmap} of a slab a promise that the kernel does not
   * keep: the rest of the huge page stays. Refused with EINVAL by kernels that have none: fine too.
   */
  private void avoidHugePages(final long address, final long length) {
    try {
      posix.madvise(address, length, Advice.NOHUGEPAGE);
    } catch (final PosixException withoutHugePages) {
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

  /** Moves pages, without copying, over a range that is mapped and loses what it held. */
  boolean movePages(final long from, final long fromLength, final long to, final long toLength) {
    try {
      return posix.mremap(from, fromLength, toLength, TO_ADDRESS, to) == to;
    } catch (final PosixException | UnsupportedOperationException refused) {
      return false;
    }
  }
}
