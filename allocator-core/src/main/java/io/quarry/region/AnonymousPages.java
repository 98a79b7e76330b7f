package io.quarry.region;

import io.quarry.posix.Advice;
import io.quarry.posix.MapFlag;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** Private anonymous memory: address space is all that has to be managed. */
final class AnonymousPages implements PageSource {
  private static final Set<Protection> READ_WRITE = EnumSet.of(Protection.READ, Protection.WRITE);
  private static final Set<MapFlag> INTO_HOLE =
      EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.NORESERVE, MapFlag.FIXED_NOREPLACE);

  private final Posix posix;

  AnonymousPages(final Posix posix) {
    this.posix = posix;
  }

  @Override
  public boolean isShared() {
    return false;
  }

  @Override
  public Path path() {
    return null;
  }

  @Override
  public PosixException keepsAllBecause() {
    return null;
  }

  @Override
  public long open(final long bytes) {
    return 0;
  }

  @Override
  public void close(final long offset, final long bytes) {
    // There are no ranges.
  }

  @Override
  public long map(final long address, final long length, final long offset) {
    return posix.mmap(address, length, READ_WRITE, INTO_HOLE, Posix.NO_FILE, 0);
  }

  @Override
  public void allocate(final long offset, final long length) {
    // The kernel finds a page when it is touched, or ends the process.
  }

  @Override
  public void discard(final long address, final long length, final long offset) {
    // Not FREE: the pages would stay resident until the kernel is short of them.
    posix.madvise(address, length, Advice.DONTNEED);
  }

  @Override
  public boolean mayDiscardParts() {
    return true;
  }

  @Override
  public void describe(final long offset, final int granules, final long pieceBytes) {
    // Nobody else sees this memory.
  }

  @Override
  public void withdraw(final long offset, final int granules) {
    // Nobody else sees this memory.
  }

  @Override
  public int mappings() {
    return 0;
  }

  @Override
  public RuntimeException close() {
    return null; // there is nothing but what was mapped
  }
}
