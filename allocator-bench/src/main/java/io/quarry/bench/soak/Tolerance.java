package io.quarry.bench.soak;

/**
 * How much higher a level may be in the last quarter than in the first, for what is not the
 * allocator's: the blocks that are kept at a rest point are not of the same sizes each time, and
 * the JVM compiles and caches for as long as it runs.
 *
 * @param share of the level in the first quarter
 * @param rssBytes resident memory, if that is more
 * @param heapBytes Java heap, if that is more
 */
record Tolerance(double share, long rssBytes, long heapBytes) {

  /** For a process with a Java heap of fixed size that was touched beforehand. */
  static final Tolerance USUAL = new Tolerance(0.05, 16L << 20, 4L << 20);
}
