package io.quarry.bench.experiment;

/** What it costs to read the clock. */
final class Clock {

  private static final int BATCHES = 20;
  private static final int BATCH = 100_000;

  private Clock() {}

  /** Nanoseconds for one reading, the least of several batches of which the first warm up. */
  static double costNanos() {
    double least = Double.MAX_VALUE;
    for (int batch = 0; batch < BATCHES; batch++) {
      final long start = System.nanoTime();
      long last = start;
      for (int i = 0; i < BATCH; i++) {
        last = System.nanoTime();
      }
      least = Math.min(least, (double) (last - start) / BATCH);
    }
    return least;
  }
}
