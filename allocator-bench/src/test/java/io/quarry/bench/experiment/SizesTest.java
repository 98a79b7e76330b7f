package io.quarry.bench.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;

final class SizesTest {

  private static final int DRAWS = 400_000;

  private final UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(42);

  @Test
  void meanOfWhatIsDrawnIsTheMean() {
    for (final Sizes sizes :
        List.of(
            new UniformSizes(50, 150),
            new ExponentialSizes(1_030),
            new EtcSizes(),
            WeightedSizes.ofProxy(),
            QuantileSizes.ofCache("hit_ratio/cdn"))) {
      double sum = 0;
      for (int i = 0; i < DRAWS; i++) {
        sum += Math.max(Stage.LEAST_BYTES, sizes.next(random));
      }
      assertThat(sum / DRAWS / sizes.mean()).isCloseTo(1, within(0.03));
    }
  }

  @Test
  void publishedMeanOfTheProfilesIsNear() {
    // Uniform between quantiles is not quite the distribution: within a quarter.
    assertThat(QuantileSizes.ofCache("hit_ratio/kvcache_reg").mean() / 335)
        .isCloseTo(1, within(.25));
    assertThat(QuantileSizes.ofCache("hit_ratio/cdn").mean() / 33_024).isCloseTo(1, within(.25));
  }

  @Test
  void quantilesAreMet() {
    final QuantileSizes sizes = QuantileSizes.ofCache("hit_ratio/cdn");
    assertThat(sizes.at(0.001)).isEqualTo(159);
    assertThat(sizes.at(0.2)).isEqualTo(1_791);
    assertThat(sizes.at(0.225)).isEqualTo(2_287);
    assertThat(sizes.at(1)).isEqualTo(4_176_255);
  }

  @Test
  void wheelPassesSlotsOnWhenTheyAreDue() {
    final TimerWheel wheel = new TimerWheel(3, 10, 4);
    final List<Integer> due = new ArrayList<>();
    wheel.schedule(10, 1);
    wheel.schedule(11, 3);
    wheel.schedule(12, 3);
    wheel.tick(due::add);
    assertThat(due).containsExactly(10);
    wheel.schedule(13, 3);
    wheel.tick(due::add);
    wheel.tick(due::add);
    assertThat(due).containsExactlyInAnyOrder(10, 11, 12);
    wheel.tick(due::add);
    assertThat(due).hasSize(4).endsWith(13);
    assertThatThrownBy(() -> wheel.schedule(10, 4)).hasMessageContaining("due in 4 ticks");
  }
}
