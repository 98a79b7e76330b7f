package io.quarry.bench.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BlockAllocatorTest {

  private static final int[] SIZES = {16, 17, 64, 1_039, 4_096, 4_104, 10_000, 1 << 20};

  @ParameterizedTest
  @EnumSource
  void blocksHoldWhatTheyWereTouchedWith(Peer peer) {
    final long[] handles = new long[SIZES.length];
    try (BlockAllocator blocks = peer.open(SIZES.length)) {
      for (int slot = 0; slot < SIZES.length; slot++) {
        handles[slot] = blocks.allocate(slot, SIZES[slot]);
        blocks.touch(slot, handles[slot], SIZES[slot], slot + 1);
      }
      for (int slot = 0; slot < SIZES.length; slot++) {
        assertThat(blocks.holds(slot, handles[slot], SIZES[slot], slot + 1)).isTrue();
        assertThat(blocks.holds(slot, handles[slot], SIZES[slot], slot + 2)).isFalse();
        blocks.free(slot, handles[slot]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void damageAtTheEndOfABlockIsNoticed(Peer peer) {
    try (BlockAllocator blocks = peer.open(1)) {
      final long handle = blocks.allocate(0, 100);
      blocks.touch(0, handle, 100, 7);
      // A block that is taken to be one byte shorter has its last word written in another place.
      blocks.touch(0, handle, 99, 7);
      assertThat(blocks.holds(0, handle, 100, 7)).isFalse();
      blocks.free(0, handle);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyAllocatorRunsHereAndIsFoundByName(Peer peer) {
    assertThat(peer.unavailable()).isEmpty();
    assertThat(Peer.of(peer.id())).isSameAs(peer);
  }

  @Test
  void unknownNameIsRepeatedWithTheChoices() {
    assertThatThrownBy(() -> Peer.of("jemalloc"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'jemalloc'")
        .hasMessageContaining("direct-gc");
  }
}
