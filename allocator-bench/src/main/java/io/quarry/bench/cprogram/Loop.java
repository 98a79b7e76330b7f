package io.quarry.bench.cprogram;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.loops.Pairs;
import io.quarry.bench.loops.ReplacementPlan;
import io.quarry.bench.loops.Replacements;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A loop that both languages run: pairs of one size, or churn of a number of live blocks.
 *
 * @param kind {@link #PAIR} or {@link #CHURN}
 * @param parameter bytes a block, or live blocks
 */
record Loop(String kind, int parameter) {

  static final String PAIR = "pair";
  static final String CHURN = "churn";

  /** Between two looks at the clock; as in the C program. */
  private static final int BATCH = 1024;

  /**
   * The loop of that name, such as {@code pair-64} or {@code churn-4096}.
   *
   * @throws IllegalArgumentException if there is none; the message says what there is
   */
  static Loop of(String name) {
    final int dash = name.indexOf('-');
    final String kind = name.substring(0, Math.max(0, dash));
    try {
      final int parameter = Integer.parseInt(name.substring(dash + 1));
      final int least = kind.equals(PAIR) ? BlockAllocator.MIN_SIZE_BYTES : 1;
      if (List.of(PAIR, CHURN).contains(kind) && parameter >= least) {
        return new Loop(kind, parameter);
      }
    } catch (NumberFormatException e) {
      // Reported below, like everything else that is no loop.
    }
    throw new IllegalArgumentException(
        "unknown loop '"
            + name
            + "'; expected pair-SIZE, with at least "
            + BlockAllocator.MIN_SIZE_BYTES
            + " bytes, or churn-BLOCKS, with at least 1");
  }

  /** Runs it on the calling thread; the mean time of an operation in nanoseconds. */
  double run(Peer peer, int warmupMillis, int measureMillis) {
    if (kind.equals(PAIR)) {
      try (BlockAllocator blocks = peer.openThreadBound(1)) {
        pairs(blocks, parameter, warmupMillis);
        return pairs(blocks, parameter, measureMillis);
      }
    }
    final ReplacementPlan plan = ReplacementPlan.uniform(parameter);
    try (BlockAllocator blocks = peer.openThreadBound(parameter)) {
      final Replacements replacements = new Replacements(plan, blocks, 0);
      replace(replacements, warmupMillis);
      final double nanos = replace(replacements, measureMillis);
      replacements.freeAll();
      return nanos;
    }
  }

  private static double pairs(BlockAllocator blocks, int sizeBytes, int millis) {
    final long limitNanos = TimeUnit.MILLISECONDS.toNanos(millis);
    final long start = System.nanoTime();
    long operations = 0;
    long elapsed;
    do {
      for (int i = 0; i < BATCH; i++) {
        Pairs.pair(blocks, 0, sizeBytes);
      }
      operations += BATCH;
      elapsed = System.nanoTime() - start;
    } while (elapsed < limitNanos);
    return (double) elapsed / operations;
  }

  private static double replace(Replacements replacements, int millis) {
    final long limitNanos = TimeUnit.MILLISECONDS.toNanos(millis);
    final long start = System.nanoTime();
    long operations = 0;
    long elapsed;
    do {
      for (int i = 0; i < BATCH; i++) {
        replacements.replace();
      }
      operations += BATCH;
      elapsed = System.nanoTime() - start;
    } while (elapsed < limitNanos);
    return (double) elapsed / operations;
  }

  @Override
  public String toString() {
    return kind + "-" + parameter;
  }
}
