package io.quarry.slab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A list keeps the order in which slabs came, whichever are taken out of it. */
class SlabListTest {
  private final SlabList list = new SlabList();

  @Test
  void itIsAQueueFromWhichAnyMayBeTaken() {
    final Random random = new Random(1);
    final List<Slab> outside = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      outside.add(slab());
    }
    final Deque<Slab> expected = new ArrayDeque<>();
    for (int step = 0; step < 2_000; step++) {
      assertThat(list.isEmpty()).isEqualTo(expected.isEmpty());
      final int choice = random.nextInt(4);
      if (choice < 2 && !outside.isEmpty()) {
        final Slab slab = outside.remove(random.nextInt(outside.size()));
        list.add(slab);
        expected.addLast(slab);
        assertThat(slab.isListed()).isTrue();
      } else if (choice == 2) {
        final Slab first = list.poll();
        assertThat(first).isSameAs(expected.pollFirst());
        if (first != null) {
          assertThat(first.isListed()).isFalse();
          outside.add(first);
        }
      } else if (!expected.isEmpty()) {
        final Slab any = new ArrayList<>(expected).get(random.nextInt(expected.size()));
        SlabList.unlist(any);
        expected.remove(any);
        assertThat(any.isListed()).isFalse();
        outside.add(any);
      }
    }
  }

  @Test
  void aSlabInNoListMayBeTakenOut() {
    final Slab alone = slab();
    SlabList.unlist(alone);
    assertThat(alone.isListed()).isFalse();
    final Slab listed = slab();
    list.add(listed);
    SlabList.unlist(alone);
    assertThat(list.poll()).isSameAs(listed);
    assertThat(list.poll()).isNull();
  }

  private static Slab slab() {
    return new Slab(null, 0, 16, 64);
  }
}
