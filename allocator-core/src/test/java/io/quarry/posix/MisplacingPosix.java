package io.quarry.posix;

import java.util.BitSet;
import java.util.Set;

/**
 * Passes calls on to another {@link Posix}, but mappings whose place the kernel may choose begin
 * one page after a multiple of 64 KiB for as long as that is wished, and a hole may turn out to be
 * somewhere else, as on kernels before 4.17.
 */
public final class MisplacingPosix implements Posix {

  private static final long COARSE = 1L << 16;

  private final Posix delegate;
  private long misplaced;
  private long elsewhere;

  /** Passes calls on to {@code delegate}; nothing is misplaced until wished. */
  public MisplacingPosix(Posix delegate) {
    this.delegate = delegate;
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
    if (address == 0 && misplaced > 0) {
      misplaced--;
      return odd(length, protection, flags);
    }
    final boolean hint = address != 0 && elsewhere > 0 && flags.contains(MapFlag.FIXED_NOREPLACE);
    if (hint) {
      elsewhere--;
      return odd(length, protection, Set.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS));
    }
    return delegate.mmap(address, length, protection, flags, fileDescriptor, offset);
  }

  private long odd(long length, Set<Protection> protection, Set<MapFlag> flags) {
    final long page = pageSize();
    final long around = length + COARSE + page;
    final long mapped = delegate.mmap(0, around, protection, flags, NO_FILE, 0);
    final long result = (mapped + COARSE - 1) / COARSE * COARSE + page;
    delegate.munmap(mapped, result - mapped);
    if (mapped + around > result + length) {
      delegate.munmap(result + length, mapped + around - result - length);
    }
    return result;
  }

  @Override
  public void munmap(long address, long length) {
    delegate.munmap(address, length);
  }

  @Override
  public void mprotect(long address, long length, Set<Protection> protection) {
    delegate.mprotect(address, length, protection);
  }

  @Override
  public void madvise(long address, long length, Advice advice) {
    delegate.madvise(address, length, advice);
  }

  @Override
  public long mremap(
      long oldAddress, long oldLength, long newLength, Set<RemapFlag> flags, long newAddress) {
    return delegate.mremap(oldAddress, oldLength, newLength, flags, newAddress);
  }

  @Override
  public BitSet mincore(long address, long length) {
    return delegate.mincore(address, length);
  }

  @Override
  public int pageSize() {
    return delegate.pageSize();
  }
}
