package io.quarry.posix;

/**
 * How {@link Posix#msync} writes back ({@code MS_*}). At most one of {@link #SYNC} and {@link
 * #ASYNC} may be given.
 */
public enum SyncFlag {
  /** Return when the file has the changes. */
  SYNC,
  /** Only ask for it. On Linux this starts nothing: the kernel writes back in its own time. */
  ASYNC,
  /**
   * Make other mappings of the file see what the file has. On Linux they always do; there it
   * reports locked pages with {@link Errno#EBUSY}.
   */
  INVALIDATE
}
