package io.quarry.bench.cache;

import io.quarry.bench.measure.Latencies;

/** One thread of the workload: plays its tape against the cache and times every operation. */
final class CacheClient {

  private static final int CLOCK_BATCH = 1024;

  private final OperationTape tape;
  private final Latencies latencies = new Latencies();
  private int operations;
  private int reads;
  private int hits;

  CacheClient(OperationTape tape) {
    this.tape = tape;
  }

  /**
   * Plays the tape from its beginning.
   *
   * @param limit at most this many operations
   * @param deadlineNanos by {@link System#nanoTime}: the time to stop, finished or not
   */
  void play(LookAsideCache cache, int limit, long deadlineNanos) {
    final int end = Math.min(limit, tape.length());
    long before = System.nanoTime();
    while (operations < end && before - deadlineNanos < 0) {
      final int batchEnd = Math.min(end, operations + CLOCK_BATCH);
      for (; operations < batchEnd; operations++) {
        perform(cache, operations);
        final long after = System.nanoTime();
        latencies.record(after - before);
        before = after;
      }
    }
  }

  private void perform(LookAsideCache cache, int operation) {
    final int key = tape.key(operation);
    if (!tape.isSet(operation)) {
      reads++;
      if (cache.read(key)) {
        hits++;
        return;
      }
    }
    cache.write(key, tape.valueBytes(operation));
  }

  int operations() {
    return operations;
  }

  int reads() {
    return reads;
  }

  int hits() {
    return hits;
  }

  Latencies latencies() {
    return latencies;
  }
}
