package io.quarry.bench.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class EtcValueSizesTest {

  private static final int POINTS = 1_000_000;

  private static final double[] PUBLISHED = {
    .00536, .00047, .17820, .09239, .00018, .02740, .00065, .00606, .00023, .00837, .00837, .08989,
    .00092, .00326, .01980
  };

  @Test
  void smallSizesHaveThePublishedProbabilities() {
    final int[] counts = new int[PUBLISHED.length];
    sizes().filter(size -> size < counts.length).forEach(size -> counts[size]++);
    for (int size = 0; size < counts.length; size++) {
      assertThat((double) counts[size] / POINTS)
          .as("probability of %d bytes", size)
          .isCloseTo(PUBLISHED[size], within(3e-6));
    }
  }

  @Test
  void largerSizesFollowTheParetoDistribution() {
    // The share of values above x, by the published distribution function.
    for (final int x : new int[] {100, 500, 1_000, 5_000, 50_000}) {
      final double tail = Math.pow(1 + 0.348238 * (x - 15) / 214.476, -1 / 0.348238);
      final double share = (1 - smallShare()) * tail;
      final double seen = (double) sizes().filter(size -> size >= x).count() / POINTS;
      assertThat(seen).as("share of values of %d bytes or more", x).isCloseTo(share, within(3e-6));
    }
  }

  @Test
  void noValueIsLargerThanOneMegabyte() {
    assertThat(EtcValueSizes.at(Math.nextDown(1.0))).isEqualTo(1 << 20);
    assertThat(EtcValueSizes.at(0)).isZero();
    assertThat(sizes().max().orElseThrow()).isLessThanOrEqualTo(1 << 20);
  }

  /** The sizes at points spread evenly over the distribution. */
  private static IntStream sizes() {
    return IntStream.range(0, POINTS).map(i -> EtcValueSizes.at((i + 0.5) / POINTS));
  }

  private static double smallShare() {
    double sum = 0;
    for (final double probability : PUBLISHED) {
      sum += probability;
    }
    return sum;
  }
}
