package io.quarry.posix;

/** Whose resources {@link Posix#getrusage} tells of ({@code RUSAGE_*}). */
public enum UsageScope {
  /** This process, with all its threads. */
  SELF,
  /** The child processes that have ended and were waited for, with theirs. */
  CHILDREN,
  /** The calling thread; of a virtual thread, the thread that carries it. Linux only. */
  THREAD
}
