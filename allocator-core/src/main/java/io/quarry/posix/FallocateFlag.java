package io.quarry.posix;

/**
 * What {@link Posix#fallocate} does ({@code FALLOC_FL_*}); without any of them it allocates the
 * range and lets the file grow. Not every file system has each. Linux only.
 */
public enum FallocateFlag {
  /** The size of the file stays, even if the range ends beyond it. */
  KEEP_SIZE,
  /** Give the storage of the range back; it reads as zero. Needs {@link #KEEP_SIZE}. */
  PUNCH_HOLE,
  /** Cut the range out of the file, so that what is behind moves up. */
  COLLAPSE_RANGE,
  /** Make the range read as zero, and keep its storage allocated. */
  ZERO_RANGE,
  /** Insert a hole at the offset, so that what is behind moves down. */
  INSERT_RANGE
}
