package io.quarry.posix;

import java.util.BitSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A kernel that hands out addresses and maps nothing, so that an allocator costs no system call.
 * Addresses repeat after 64 GiB, for the directory of slabs keeps its tables for good: by then
 * whoever had them before is long gone.
 */
public final class MadeUpMemory extends DelegatingPosix {
  private static final long START = 0x0100_0000_0000L;
  private static final long SPAN = 64L << 30;
  private static final long STEP = 2L << 20;
  private static final AtomicLong NEXT = new AtomicLong();

  private final long place;

  /** A kernel that never hands out the same address twice, for a long time. */
  public MadeUpMemory() {
    this(0);
  }

  /** A kernel that always hands out the same address. */
  public MadeUpMemory(final long place) {
    super(NoPosix.instance());
    this.place = place;
  }

  @Override
  public long mmap(
      final long address,
      final long length,
      final Set<Protection> protection,
      final Set<MapFlag> flags,
      final int fileDescriptor,
      final long offset) {
    if (place != 0) {
      return place;
    }
    return address != 0 ? address : START + NEXT.getAndAdd(STEP) % SPAN;
  }

  @Override
  public void munmap(final long address, final long length) {}

  @Override
  public void mprotect(final long address, final long length, final Set<Protection> protection) {}

  @Override
  public void madvise(final long address, final long length, final Advice advice) {}

  @Override
  public long mremap(
      final long oldAddress,
      final long oldLength,
      final long newLength,
      final Set<RemapFlag> flags,
      final long newAddress) {
    return newAddress;
  }

  @Override
  public BitSet mincore(final long address, final long length) {
    return new BitSet();
  }

  @Override
  public int pageSize() {
    return 4096;
  }
}
