package io.quarry.posix;

/** Which pages of the process {@link Posix#mlockall} locks ({@code MCL_*}). */
public enum LockAllFlag {
  /** Those that are mapped now. */
  CURRENT,
  /** Those that will be mapped from now on. */
  FUTURE,
  /** Lock each page when it is first touched, instead of bringing all in at once. Linux only. */
  ONFAULT
}
