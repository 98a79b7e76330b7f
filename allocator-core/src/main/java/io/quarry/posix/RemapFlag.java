package io.quarry.posix;

/** How {@link Posix#mremap} may resize a mapping ({@code MREMAP_*}). */
public enum RemapFlag {
  /** The mapping may be moved if it cannot grow in place. */
  MAYMOVE,
  /**
   * The mapping is moved to the new address given, and whatever is mapped there is unmapped; to be
   * given together with {@link #MAYMOVE}.
   */
  FIXED
}
