package io.quarry.posix;

/**
 * What {@link Posix#madvise} tells the kernel about a range ({@code MADV_*}). Advice that the
 * platform does not have is an {@link UnsupportedOperationException}; advice that the platform has
 * but this kernel was built without fails with {@link Errno#EINVAL}.
 */
public enum Advice {
  /** Nothing special. */
  NORMAL,
  /** Pages will be used in no order: do not read ahead. */
  RANDOM,
  /** Pages will be used in order: read ahead, and drop them soon. */
  SEQUENTIAL,
  /** Pages will be used soon. */
  WILLNEED,
  /**
   * Take the pages back now. On Linux those of a private anonymous mapping read as zero afterwards;
   * locked pages are refused with {@link Errno#EINVAL}. On macOS the contents may survive.
   */
  DONTNEED,
  /** Take the pages back when memory gets scarce; until then they count as resident. */
  FREE,
  /** Use transparent huge pages here. Linux only. */
  HUGEPAGE,
  /** Never use transparent huge pages here. Linux only. */
  NOHUGEPAGE,
  /** Leave the range out of core dumps. Linux only. */
  DONTDUMP,
  /** Undo {@link #DONTDUMP}. Linux only. */
  DODUMP,
  /** A child process does not inherit the range. Linux only. */
  DONTFORK,
  /** Undo {@link #DONTFORK}. Linux only. */
  DOFORK,
  /** Bring every page into memory as if it were read. Linux 5.14. */
  POPULATE_READ,
  /** Bring every page into memory as if it were written, contents kept. Linux 5.14. */
  POPULATE_WRITE,
  /** Gather the range into huge pages now. Linux 6.1. */
  COLLAPSE,
  /** Take the pages back, from the file or shared memory behind them as well. Linux only. */
  REMOVE,
  /** As {@link #DONTNEED}, also of locked pages. Linux 5.18. */
  DONTNEED_LOCKED,
  /** Reclaim these pages first when memory gets scarce. Linux 5.4. */
  COLD,
  /** Reclaim these pages now: to swap space, or to the file behind them. Linux 5.4. */
  PAGEOUT,
  /** Equal pages may be kept once. Linux only. */
  MERGEABLE,
  /** Undo {@link #MERGEABLE}. Linux only. */
  UNMERGEABLE,
  /** A child process finds the range zeroed. Linux 4.14. */
  WIPEONFORK,
  /** Undo {@link #WIPEONFORK}. Linux 4.14. */
  KEEPONFORK,
  /**
   * Take the pages back and end whoever touches them from now on, without splitting the mapping.
   * Linux 6.13.
   */
  GUARD_INSTALL,
  /** Undo {@link #GUARD_INSTALL}. Linux 6.13. */
  GUARD_REMOVE
}
