package io.quarry.bench.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class OperationTapeTest {

  private static final int OPERATIONS = 400_000;
  private static final int KEYS = 1_000;

  private final OperationTape tape = new OperationTape(OPERATIONS, KEYS, 42);

  @Test
  void keysFollowZipfWithExponent099() {
    final int[] counts = new int[KEYS + 1];
    IntStream.range(0, OPERATIONS).forEach(i -> counts[tape.key(i)]++);
    double harmonic = 0;
    for (int key = 1; key <= KEYS; key++) {
      harmonic += Math.pow(key, -0.99);
    }
    for (final int key : new int[] {1, 2, 3, 10, 50}) {
      final double expected = OPERATIONS * Math.pow(key, -0.99) / harmonic;
      assertThat((double) counts[key])
          .as("how often key %d occurs", key)
          .isCloseTo(expected, within(5 * Math.sqrt(expected)));
    }
    assertThat(counts[0]).isZero();
  }

  @Test
  void oneOperationIn31IsASet() {
    final long sets = IntStream.range(0, OPERATIONS).filter(tape::isSet).count();
    final double expected = OPERATIONS / 31.0;
    assertThat((double) sets).isCloseTo(expected, within(5 * Math.sqrt(expected)));
  }

  @Test
  void setsAndGetsHaveSizesOfTheSameDistribution() {
    final double setMean = meanSize(true);
    final double getMean = meanSize(false);
    assertThat(setMean).isCloseTo(getMean, within(getMean * 0.15));
    assertThat(IntStream.range(0, OPERATIONS).map(tape::valueBytes).min()).hasValue(0);
  }

  @Test
  void equalSeedsGiveEqualTapesAndOthersDoNot() {
    final OperationTape same = new OperationTape(OPERATIONS, KEYS, 42);
    final OperationTape other = new OperationTape(OPERATIONS, KEYS, 43);
    assertThat(IntStream.range(0, OPERATIONS).allMatch(i -> equal(tape, same, i))).isTrue();
    assertThat(IntStream.range(0, OPERATIONS).allMatch(i -> equal(tape, other, i))).isFalse();
  }

  private double meanSize(boolean set) {
    return IntStream.range(0, OPERATIONS)
        .filter(i -> tape.isSet(i) == set)
        .map(tape::valueBytes)
        .average()
        .orElseThrow();
  }

  private static boolean equal(OperationTape a, OperationTape b, int i) {
    return a.key(i) == b.key(i) && a.isSet(i) == b.isSet(i) && a.valueBytes(i) == b.valueBytes(i);
  }
}
