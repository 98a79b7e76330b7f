package io.quarry.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MappedRangesTest {

  private static final int ADDRESSES = 64;

  @Test
  void holdsWhatASetOfAddressesHolds() {
    final Random random = new Random(1);
    final MappedRanges ranges = new MappedRanges();
    final BitSet model = new BitSet();
    for (int i = 0; i < 10_000; i++) {
      final int from = random.nextInt(ADDRESSES);
      final int bytes = 1 + random.nextInt(ADDRESSES - from);
      if (random.nextBoolean()) {
        ranges.add(from, bytes);
        model.set(from, from + bytes);
      } else {
        ranges.remove(from, bytes);
        model.clear(from, from + bytes);
      }
      assertThat(ranges.bytes()).isEqualTo(model.cardinality());
    }
  }

  @Test
  void namesWhatIsLeft() {
    final MappedRanges ranges = new MappedRanges();
    ranges.add(0x1000, 0x4000);
    ranges.remove(0x2000, 0x1000);

    assertThat(ranges).hasToString("[0x1000, 0x2000) [0x3000, 0x5000)");
  }
}
