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
  COLLAPSE
}
