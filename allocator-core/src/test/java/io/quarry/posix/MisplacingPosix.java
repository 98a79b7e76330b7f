package io.quarry.posix;

import java.util.Set;

/**
 * Passes calls on to another {@link Posix}, but anonymous mappings whose place the kernel may
 * choose begin two pages after a multiple of 64 KiB for as long as that is wished, so that whoever
 * aligns them has something to trim at both ends, and a hole may turn out to be somewhere else, as
 * on kernels before 4.17.
 */
public final class MisplacingPosix extends DelegatingPosix {

  private static final long COARSE = 1L << 16;

  private long misplaced;
  private long elsewhere;

  /** Passes calls on to {@code delegate}; nothing is misplaced until wished. */
  public MisplacingPosix(Posix delegate) {
    super(delegate);
  }

  /** Misplaces so many mappings from now on. */
  public void misplace(long mappings) {
    misplaced = mappings;
  }

  /** Takes addresses for hints, so many times from now on. */
  public void takeForHints(long mappings) {
    elsewhere = mappings;
  }

  @Override
  public long mmap(
      long address,
      long length,
      Set<Protection> protection,
      Set<MapFlag> flags,
      int fileDescriptor,
      long offset) {
    if (address == 0 && fileDescriptor == NO_FILE && misplaced > 0) {
      misplaced--;
      return odd(length, protection, flags);
    }
    final boolean hint = address != 0 && elsewhere > 0 && flags.contains(MapFlag.FIXED_NOREPLACE);
    if (hint) {
      elsewhere--;
      return odd(length, protection, Set.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS));
    }
    return super.mmap(address, length, protection, flags, fileDescriptor, offset);
  }

  private long odd(long length, Set<Protection> protection, Set<MapFlag> flags) {
    final long offset = 2 * pageSize();
    final long around = length + COARSE + offset;
    final long mapped = super.mmap(0, around, protection, flags, NO_FILE, 0);
    final long result = (mapped + COARSE - 1) / COARSE * COARSE + offset;
    super.munmap(mapped, result - mapped);
    if (mapped + around > result + length) {
      super.munmap(result + length, mapped + around - result - length);
    }
    return result;
  }
}
