package io.quarry.posix;

/** How {@link Posix#mlock2} locks a range ({@code MLOCK_*}). Linux only. */
public enum LockFlag {
  /** Lock each page when it is first touched, instead of bringing all in at once. */
  ONFAULT
}
