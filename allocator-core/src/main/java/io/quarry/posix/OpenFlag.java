package io.quarry.posix;

/**
 * How {@link Posix#open} opens a file ({@code O_*}). Every call needs exactly one of {@link
 * #RDONLY}, {@link #WRONLY} and {@link #RDWR}; a file to be mapped has to be open for reading.
 */
public enum OpenFlag {
  /** For reading only. */
  RDONLY,
  /** For writing only; such a file cannot be mapped. */
  WRONLY,
  /** For reading and writing. */
  RDWR,
  /** Create the file if there is none. */
  CREAT,
  /** Together with {@link #CREAT}: fail with {@link Errno#EEXIST} if there is one. */
  EXCL,
  /** Cut the file to length 0. */
  TRUNC,
  /** Write at the end of the file; such a file cannot be mapped shared and writable. */
  APPEND,
  /** Do not wait for anything, such as the other end of a pipe. */
  NONBLOCK,
  /** Return from a write when the data, and what is needed to read it back, is on the device. */
  DSYNC,
  /** Return from a write when the data and all that is kept about the file is on the device. */
  SYNC,
  /** A program that this process starts does not inherit the descriptor. */
  CLOEXEC
}
