package io.quarry.posix;

/**
 * What can no longer be done to a memory file, by anyone and for good ({@code F_SEAL_*}). Linux
 * only.
 */
public enum Seal {
  /** Add further seals. */
  SEAL,
  /** Make the file shorter. A reader of a mapping need not fear SIGBUS once this is set. */
  SHRINK,
  /** Make the file longer. */
  GROW,
  /** Change its contents. Refused with {@link Errno#EBUSY} while a writable mapping is shared. */
  WRITE,
  /** Change its contents, except through shared mappings that are there already. Linux 5.1. */
  FUTURE_WRITE,
  /** Change whether it can be executed. Linux 6.3. */
  EXEC
}
