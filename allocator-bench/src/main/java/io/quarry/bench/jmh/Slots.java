package io.quarry.bench.jmh;

/** Which slots belong to which thread. */
final class Slots {

  /** So far that what two threads write into a table of references lies on different lines. */
  private static final int DISTANCE = 64;

  private Slots() {}

  /** The only slot of that thread, or, of the number of threads, how many slots there are. */
  static int apart(int thread) {
    return thread * DISTANCE;
  }
}
