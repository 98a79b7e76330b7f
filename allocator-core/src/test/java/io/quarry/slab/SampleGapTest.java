package io.quarry.slab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** The mean and the shape of what is drawn, to within ten standard errors. */
class SampleGapTest {
  private static final int DRAWS = 100_000;

  @Test
  void gapsAreExponentialAndTheirMeanIsTheInterval() {
    final long interval = 1 << 20;
    final long block = 64;
    final double mean = (double) interval / block;
    double sum = 0;
    int beyondTheMean = 0;
    for (int i = 0; i < DRAWS; i++) {
      final long gap = SampleGap.draw(interval, block);
      assertThat(gap).isNotNegative();
      sum += gap;
      beyondTheMean += gap > mean ? 1 : 0;
    }
    // The standard deviation of an exponential distribution is its mean; 1/e lie beyond that.
    assertThat(sum / DRAWS).isCloseTo(mean, within(10 * mean / Math.sqrt(DRAWS)));
    assertThat((double) beyondTheMean / DRAWS)
        .isCloseTo(1 / Math.E, within(10 * 0.5 / Math.sqrt(DRAWS)));
  }

  @Test
  void aBlockMuchLargerThanTheIntervalIsASample() {
    for (int i = 0; i < 1_000; i++) {
      // It would take a draw of 100 times the mean to pass over one.
      assertThat(SampleGap.draw(1_000, 100_000)).isZero();
    }
  }
}
