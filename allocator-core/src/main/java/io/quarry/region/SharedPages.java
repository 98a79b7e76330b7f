package io.quarry.region;

import io.quarry.posix.Errno;
import io.quarry.posix.PosixException;
import java.nio.file.Path;

/**
 * The pages of a shared file. Each region has a range of the file for as long as it lives, so an
 * address in it has an offset that never changes. The ranges of regions that are gone are used
 * again; the file grows when there is none, and never shrinks: whoever reads at an offset that is
 * out of date reads zeros or something else, and is not ended by SIGBUS.
 */
final class SharedPages implements PageSource {
  private final SharedFile file;
  private final FileRanges ranges = new FileRanges(SharedLayout.RANGES_OFFSET);
  private final RunTable table;
  private final PosixException keepsAllBecause;
  private long fileBytes;
  private boolean closed;

  private SharedPages(final SharedFile file) {
    this.file = file;
    file.grow(ranges.end());
    fileBytes = ranges.end();
    keepsAllBecause = tryToDiscard(file);
    table = new RunTable(file);
  }

  /** Takes over a file that is empty. If this throws, the file is closed. */
  static SharedPages over(final SharedFile file) {
    SharedPages pages = null;
    try {
      pages = new SharedPages(file);
      return pages;
    } finally {
      if (pages == null) {
        file.close();
      }
    }
  }

  /** Not every file system can take pages back from a file: better to know that before. */
  private static PosixException tryToDiscard(final SharedFile file) {
    try {
      file.discard(0, Geometry.GRANULE_BYTES);
      return null;
    } catch (final PosixException refused) {
      if (refused.error() == Errno.EOPNOTSUPP || refused.error() == Errno.ENOSYS) {
        return refused;
      }
      throw refused;
    }
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public PosixException keepsAllBecause() {
    return keepsAllBecause;
  }

  // --- ranges ------------------------------------------------------------------------------------

  @Override
  public long open(final long bytes) {
    final long from = ranges.take(bytes);
    boolean opened = false;
    try {
      fitFile();
      for (long at = from; at < from + bytes; at = nextLeaf(at)) {
        if (!table.hasLeaf(at)) {
          addLeaf(at);
        }
      }
      opened = true;
      return from;
    } finally {
      if (!opened) {
        ranges.give(from, bytes);
      }
    }
  }

  private static long nextLeaf(final long offset) {
    return (offset >>> SharedLayout.LEAF_SHIFT) + 1 << SharedLayout.LEAF_SHIFT;
  }

  private void addLeaf(final long offset) {
    final long leaf = ranges.take(SharedLayout.LEAF_BYTES);
    boolean added = false;
    try {
      fitFile();
      table.addLeaf(offset, leaf);
      added = true;
    } finally {
      if (!added) {
        ranges.give(leaf, SharedLayout.LEAF_BYTES);
      }
    }
  }

  private void fitFile() {
    final long needed = ranges.end();
    if (needed > SharedLayout.MAX_FILE_BYTES) {
      throw new PosixException("ftruncate", "length=" + needed, Errno.EFBIG.number());
    }
    if (needed > fileBytes) {
      file.grow(needed);
      fileBytes = needed;
    }
  }

  @Override
  public void close(final long offset, final long bytes) {
    // Reads as zero: what was used in it was discarded when it fell idle.
    ranges.give(offset, bytes);
  }

  // --- pages -------------------------------------------------------------------------------------

  @Override
  public long map(final long address, final long length, final long offset) {
    return file.mapInto(address, length, offset);
  }

  @Override
  public void allocate(final long offset, final long length) {
    file.allocate(offset, length);
  }

  @Override
  public void discard(final long address, final long length, final long offset) {
    file.discard(offset, length);
  }

  @Override
  public boolean mayDiscardParts() {
    return !file.allocates();
  }

  // --- what others are told of -------------------------------------------------------------------

  @Override
  public void describe(final long offset, final int granules, final long pieceBytes) {
    if (!closed) {
      table.describe(offset, granules, pieceBytes);
    }
  }

  @Override
  public void withdraw(final long offset, final int granules) {
    if (!closed) {
      table.withdraw(offset, granules);
    }
  }

  // --- the whole ---------------------------------------------------------------------------------

  @Override
  public int mappings() {
    return table.mappings();
  }

  @Override
  public RuntimeException close() {
    closed = true;
    table.sayClosed();
    final RuntimeException kept = table.unmap();
    final RuntimeException left = file.close();
    return kept == null ? left : kept;
  }
}
