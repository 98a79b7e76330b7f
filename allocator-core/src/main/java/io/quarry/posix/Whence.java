package io.quarry.posix;

/** What the offset of {@link Posix#lseek} is counted from ({@code SEEK_*}). */
public enum Whence {
  /** The beginning of the file. */
  SET,
  /** The present position. */
  CUR,
  /** The end of the file. */
  END,
  /** Goes to the first byte at or after the offset that is data, not hole. */
  DATA,
  /** Goes to the first byte at or after the offset that is in a hole; the end counts as one. */
  HOLE
}
