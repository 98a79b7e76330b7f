package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import org.junit.jupiter.api.Test;

/** How many of the blocks that slabs issue are samples. */
class SamplesTest {
  private static final int CLASS = SizeClasses.of(64);
  private static final int BLOCKS = 1_024;

  private static Slab slab() {
    return new Slab(null, CLASS, 64, BLOCKS);
  }

  @Test
  void whereEveryByteIsASampleEveryBlockIs() {
    final Samples samples = new Samples(1);
    final Slab slab = slab();
    for (int i = 0; i < BLOCKS; i++) {
      assertThat(samples.isDue(slab)).isTrue();
      assertThat(samples.reload(slab)).isTrue();
      assertThat(slab.candidates()).isEqualTo(1);
      slab.take();
      assertThat(samples.takeDue()).isTrue();
      assertThat(samples.takeDue()).isFalse();
    }
    assertThat(samples.reload(slab)).as("full").isFalse();
    assertThat(samples.takeDue()).isFalse();
  }

  @Test
  void whereSamplesAreFarApartSlabsGiveAllTheyHave() {
    final Samples samples = new Samples(1L << 60);
    final Slab slab = slab();
    assertThat(samples.isDue(slab)).isFalse();
    assertThat(samples.reload(slab)).isTrue();
    assertThat(slab.candidates()).isEqualTo(64);
    assertThat(samples.takeDue()).isFalse();
  }

  @Test
  void samplesAreAsManyAsTheIntervalSays() {
    assertThat(share(false)).isCloseTo(expectedShare(), within(0.02));
  }

  @Test
  void whatIsPutBackIsNotPassedOver() {
    assertThat(share(true)).isCloseTo(expectedShare(), within(0.02));
  }

  /** A block is a sample if one of its bytes is. */
  private static double expectedShare() {
    return 1 - Math.exp(-64 / 640.0);
  }

  private static double share(final boolean putsBack) {
    final Samples samples = new Samples(640);
    int taken = 0;
    int sampled = 0;
    for (int round = 0; round < 30; round++) {
      final Slab slab = slab();
      for (int i = 0; i < BLOCKS; i++) {
        if (!slab.hasCandidate()) {
          samples.reload(slab);
        }
        slab.take();
        taken++;
        sampled += samples.takeDue() ? 1 : 0;
        if (putsBack) {
          samples.putBack(slab);
          slab.putBack();
        }
      }
    }
    return (double) sampled / taken;
  }
}
