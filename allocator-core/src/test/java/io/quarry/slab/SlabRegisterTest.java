package io.quarry.slab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Every slab that was added and not removed is there once. */
class SlabRegisterTest {
  private final SlabRegister register = new SlabRegister();

  @Test
  void slabsComeAndGoInAnyOrder() {
    final Random random = new Random(1);
    final List<Slab> expected = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      if (expected.isEmpty() || random.nextInt(5) < 3) {
        final Slab slab = slab();
        register.add(slab);
        expected.add(slab);
        assertThat(register.last()).isSameAs(slab);
      } else {
        final int removed = random.nextInt(4) == 0 ? expected.size() - 1 : 0;
        register.remove(expected.remove(removed));
      }
      assertThat(register.size()).isEqualTo(expected.size());
    }
    assertThat(expected).hasSizeGreaterThan(100);
    assertContains(expected);
    while (!expected.isEmpty()) {
      final Slab last = register.last();
      register.remove(last);
      assertThat(expected.remove(last)).isTrue();
    }
    assertThat(register.size()).isZero();
    assertContains(expected);
  }

  @Test
  void itIsCopiedAPieceAtATime() {
    final List<Slab> expected = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      expected.add(slab());
      register.add(expected.get(i));
    }
    final Slab[] piece = new Slab[40];
    final List<Slab> copied = new ArrayList<>();
    int count;
    while ((count = register.copy(copied.size(), piece)) > 0) {
      copied.addAll(List.of(piece).subList(0, count));
    }
    assertThat(copied).containsExactlyElementsOf(expected);
    assertThat(register.copy(149, piece)).isEqualTo(1);
    assertThat(register.copy(150, piece)).isZero();
    assertThat(register.copy(1_000, piece)).as("slabs have gone meanwhile").isZero();
  }

  @Test
  void itsBytesFollowItsLengthAndRoomIsMadeBeforeItIsNeeded() {
    for (int i = 0; i < 64; i++) {
      register.add(slab());
    }
    assertThat(register.metadataBytes()).isEqualTo(64 * 4);
    register.reserveOne();
    final long reserved = register.metadataBytes();
    assertThat(reserved).isGreaterThan(64 * 4);
    register.reserveOne();
    register.add(slab());
    assertThat(register.metadataBytes()).isEqualTo(reserved);
  }

  private void assertContains(final List<Slab> expected) {
    final List<Slab> seen = new ArrayList<>();
    register.forEach(seen::add);
    assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static Slab slab() {
    return new Slab(null, 0, 16, 64);
  }
}
