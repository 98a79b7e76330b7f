package io.quarry.bench.soak;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The medians of a level in the four quarters of a soak: what leaks rises from the first to the
 * last.
 */
final class Quarters {

  private static final int QUARTERS = 4;

  private final String what;
  private final long[] medians = new long[QUARTERS];

  /**
   * Divides levels in the order of time.
   *
   * @param what they are of, for people
   */
  Quarters(String what, List<Level> levels, ToLongFunction<Level> part) {
    this.what = what;
    if (levels.size() < QUARTERS) {
      throw new Divergence("only " + levels.size() + " rest points: too few to tell what is flat");
    }
    for (int i = 0; i < QUARTERS; i++) {
      final int from = levels.size() * i / QUARTERS;
      final int to = levels.size() * (i + 1) / QUARTERS;
      final long[] sorted = levels.subList(from, to).stream().mapToLong(part).sorted().toArray();
      medians[i] = sorted[sorted.length / 2];
    }
  }

  long median(int quarter) {
    return medians[quarter];
  }

  String what() {
    return what;
  }

  /** Fails if the last quarter's median is higher than the first's by more than that. */
  void demandFlat(double share, long bytes) {
    final long first = medians[0];
    final long last = medians[QUARTERS - 1];
    final long allowed = Math.max((long) (share * first), bytes);
    if (last - first > allowed) {
      throw new Divergence(
          String.format(
              "%s is not flat: %d bytes in the first quarter, %d in the last; %d more are allowed;"
                  + " by quarter %s",
              what, first, last, allowed, Arrays.toString(medians)));
    }
  }
}
