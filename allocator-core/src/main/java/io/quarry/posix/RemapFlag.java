package io.quarry.posix;

/** How {@link Posix#mremap} may resize a mapping ({@code MREMAP_*}). */
public enum RemapFlag {
  /** The mapping may be moved if it cannot grow in place. */
  MAYMOVE,
  /**
   * The mapping is moved to the new address given, and whatever is mapped there is unmapped; to be
   * given together with {@link #MAYMOVE}.
   */
  FIXED,
  /**
   * The pages move, but the old range stays mapped and reads as zero; to be given together with
   * {@link #MAYMOVE}, and with equal lengths. Linux 5.7.
   */
  DONTUNMAP
}
