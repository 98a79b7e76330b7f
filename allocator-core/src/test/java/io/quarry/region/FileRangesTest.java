package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The ranges of a file against a bitmap of it. */
final class FileRangesTest {
  private static final int START = 5;

  private final FileRanges ranges = new FileRanges(START);

  @Test
  void theLowestRangeThatIsLargeEnoughIsTakenAndTheRestOfItLater() {
    assertThat(ranges.take(10)).isEqualTo(5);
    assertThat(ranges.take(20)).isEqualTo(15);
    assertThat(ranges.take(3)).isEqualTo(35);
    ranges.give(5, 10);
    assertThat(ranges.take(12)).as("does not fit").isEqualTo(38);
    assertThat(ranges.take(4)).isEqualTo(5);
    assertThat(ranges.take(6)).isEqualTo(9);
    assertThat(ranges.end()).isEqualTo(50);
  }

  @Test
  void neighboursAreJoinedWhicheverComesLast() {
    for (final int[] order : new int[][] {{0, 1, 2}, {0, 2, 1}, {1, 2, 0}, {2, 1, 0}}) {
      final FileRanges three = new FileRanges(0);
      for (int i = 0; i < 4; i++) {
        three.take(10);
      }
      for (final int i : order) {
        three.give(i * 10L, 10);
      }
      assertThat(three.take(30)).isZero();
    }
  }

  @Test
  void whatIsFreeAtTheEndIsMadeLonger() {
    ranges.take(10);
    final long last = ranges.take(10);
    ranges.give(last, 10);
    assertThat(ranges.take(25)).isEqualTo(last);
    assertThat(ranges.end()).isEqualTo(40);
    assertThat(ranges.take(1)).isEqualTo(40);
  }

  @Test
  void noByteIsInTwoRangesAndNoneIsLost() {
    final Random random = new Random(3);
    final BitSet used = new BitSet();
    final List<long[]> taken = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      if (taken.size() < 40 && random.nextBoolean()) {
        final int bytes = 1 + random.nextInt(1 << random.nextInt(8));
        final long from = ranges.take(bytes);
        assertThat(used.get((int) from, (int) from + bytes).isEmpty()).isTrue();
        assertThat(from).isGreaterThanOrEqualTo(START);
        assertThat(ranges.end()).isGreaterThanOrEqualTo(from + bytes);
        used.set((int) from, (int) from + bytes);
        taken.add(new long[] {from, bytes});
      } else if (!taken.isEmpty()) {
        final long[] range = taken.remove(random.nextInt(taken.size()));
        ranges.give(range[0], range[1]);
        used.clear((int) range[0], (int) (range[0] + range[1]));
      }
    }
    taken.forEach(range -> ranges.give(range[0], range[1]));
    final long all = ranges.end() - START;
    assertThat(ranges.take(all)).as("all of it is one range again").isEqualTo(START);
  }
}
