package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Random sequences of calls by several threads on a kernel that refuses now and then. {@code
 * -Dquarry.test.sequences} is their number, {@code -Dquarry.test.seed} the first one's seed; {@code
 * -Dquarry.test.sequence} repeats one that failed.
 */
@EnabledOnOs(OS.LINUX)
final class ApiSequenceTest {
  private static final int SEQUENCES = Integer.getInteger("quarry.test.sequences", 24);
  private static final long SEED = Long.getLong("quarry.test.seed", System.nanoTime());
  private static final int BYTES = 1_500;

  @Test
  void randomSequencesAgreeWithTheModel() {
    long steps = 0;
    for (int i = 0; i < SEQUENCES; i++) {
      final byte[] sequence = new byte[BYTES];
      new Random(SEED + i).nextBytes(sequence);
      try {
        steps += ApiSequence.run(sequence);
      } catch (final AssertionError | RuntimeException failure) {
        throw new AssertionError(
            "repeat with -Dquarry.test.sequence="
                + ApiSequence.toText(ApiSequence.shrunk(sequence)),
            failure);
      }
    }
    System.out.println(steps + " steps in " + SEQUENCES + " sequences of calls");
    assertThat(steps).isGreaterThan(SEQUENCES);
  }

  @Test
  @EnabledIfSystemProperty(named = "quarry.test.sequence", matches = "[0-9a-f]*")
  void oneSequenceIsRepeated() {
    ApiSequence.run(ApiSequence.parse(System.getProperty("quarry.test.sequence")));
  }

  @Test
  void decisionsAreReadFromBytesAndThenAreZero() {
    final ByteChoices choices = new ByteChoices(new byte[] {(byte) 200, 1, 2, 1});
    assertThat(choices.nextInt(150)).isEqualTo(50);
    assertThat(choices.nextInt(1_000)).isEqualTo(258);
    assertThat(choices.areOver()).isFalse();
    assertThat(choices.nextBoolean()).isTrue();
    assertThat(choices.areOver()).isTrue();
    assertThat(choices.nextInt(7)).isZero();
  }
}
