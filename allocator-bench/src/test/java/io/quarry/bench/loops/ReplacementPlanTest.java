package io.quarry.bench.loops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

public final class ReplacementPlanTest {

  @Test
  void uniformPlanIsWhatItsWordsSay() {
    final int live = 1_000;
    final ReplacementPlan plan = ReplacementPlan.uniform(live);
    final BitSet slots = new BitSet();
    final BitSet sizes = new BitSet();
    for (int i = 0; i < plan.length(); i++) {
      assertThat(plan.slot(i)).isBetween(0, live - 1);
      assertThat(plan.sizeBytes(i)).isBetween(16, 1_039);
      slots.set(plan.slot(i));
      sizes.set(plan.sizeBytes(i));
    }
    assertThat(slots.cardinality()).isEqualTo(live);
    assertThat(sizes.cardinality()).isEqualTo(1_024);
    assertThat(Integer.bitCount(plan.length())).isEqualTo(1);
  }

  @Test
  void planForManyBlocksReplacesNearlyAllOfThem() {
    final ReplacementPlan plan = ReplacementPlan.uniform(1_000_000);
    final BitSet slots = new BitSet();
    for (int i = 0; i < plan.length(); i++) {
      slots.set(plan.slot(i));
    }
    assertThat(slots.cardinality()).isGreaterThan(800_000);
  }

  @Test
  void planIsTheSameEveryTime() {
    assertThat(hash(ReplacementPlan.uniform(4_096)))
        .isEqualTo(hash(ReplacementPlan.uniform(4_096)));
    assertThat(hash(ReplacementPlan.proxy(100))).isEqualTo(hash(ReplacementPlan.proxy(100)));
    assertThat(hash(ReplacementPlan.uniform(100))).isNotEqualTo(hash(ReplacementPlan.proxy(100)));
  }

  @Test
  void proxySizesOccurAsOftenAsPublished() {
    final ProxySizes sizes = ProxySizes.read();
    assertThat(sizes.count()).isEqualTo(375);
    assertThat(sizes.observations()).isEqualTo(87_759);

    final SplittableRandom random = new SplittableRandom(7);
    final int draws = 1_000_000;
    int of256 = 0;
    int largest = 0;
    for (int i = 0; i < draws; i++) {
      final int size = sizes.draw(random);
      of256 += size == 256 ? 1 : 0;
      largest = Math.max(largest, size);
      assertThat(size).isGreaterThanOrEqualTo(16);
    }
    assertThat(of256 / (double) draws)
        .isBetween(21_272 / 87_759.0 - 0.003, 21_272 / 87_759.0 + 0.003);
    assertThat(largest).isEqualTo(18_432);
  }

  /** What the C program prints of its plan. */
  public static String hash(ReplacementPlan plan) {
    long hash = 0;
    for (int i = 0; i < plan.length(); i++) {
      hash = 31 * (31 * hash + plan.slot(i)) + plan.sizeBytes(i);
    }
    return String.format("%016x", hash);
  }
}
