package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who finds which heap, for threads of any id. */
class HeapTableTest extends HeapsFixture {
  private static final int ROWS = 1_024;

  private final HeapTable table = new HeapTable();

  /** Never started: a table asks a thread for nothing but its id. */
  private static final class WithId extends Thread {
    private final long id;

    WithId(final long id) {
      this.id = id;
    }

    @Override
    public long getId() {
      return id;
    }
  }

  /** A heap of a thread that is in the table. */
  private Heap enter(final Thread thread) {
    final Heap heap = Heap.owned(heaps, source);
    heap.thread(thread);
    assertThat(table.enter(heap, thread)).isTrue();
    return heap;
  }

  private void leave(final Heap heap) {
    table.remove(heap);
    heap.thread(null);
  }

  @Test
  void everyThreadFindsItsHeapAndNobodyElsesHowManyThereAre() {
    final List<Thread> threads = new ArrayList<>();
    final List<Heap> entered = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      threads.add(new WithId(i * 7L));
      assertThat(table.find(threads.get(i))).isSameAs(Heap.NONE);
      entered.add(enter(threads.get(i)));
    }
    int first = 0;
    for (int i = 0; i < 200; i++) {
      assertThat(table.find(threads.get(i))).isSameAs(entered.get(i));
      assertThat(table.first(threads.get(i))).isIn(entered.get(i), Heap.NONE);
      first += table.first(threads.get(i)) == entered.get(i) ? 1 : 0;
    }
    assertThat(first).as("most are where they should be").isGreaterThan(100);
    for (int i = 0; i < 200; i += 2) {
      leave(entered.get(i));
    }
    for (int i = 0; i < 200; i++) {
      assertThat(table.find(threads.get(i))).isSameAs(i % 2 == 0 ? Heap.NONE : entered.get(i));
    }
    table.clear();
    for (final Thread thread : threads) {
      assertThat(table.find(thread)).isSameAs(Heap.NONE);
      assertThat(table.first(thread)).isSameAs(Heap.NONE);
    }
  }

  @Test
  void placesThatWereLeftServeOthers() {
    for (int i = 0; i < 5_000; i++) {
      final Thread thread = new WithId(i);
      final Heap heap = enter(thread);
      assertThat(table.find(thread)).isSameAs(heap);
      leave(heap);
    }
  }

  @Test
  void ofThreadsWithOneIdEightHaveAPlaceAndTheOthersNone() {
    for (int i = 0; i < 8; i++) {
      final Thread thread = new WithId(77);
      assertThat(table.find(thread)).isSameAs(Heap.NONE);
      assertThat(enter(thread)).isSameAs(table.find(thread));
    }
    final Thread ninth = new WithId(77);
    final Heap heap = Heap.owned(heaps, source);
    heap.thread(ninth);
    assertThat(table.enter(heap, ninth)).isFalse();
    assertThat(table.find(ninth)).isSameAs(Heap.NONE);
    final Thread other = new WithId(78);
    assertThat(enter(other)).isSameAs(table.find(other));
  }

  @Test
  void aThreadThatIsNeverTheSameHasNoPlaceAndLeavesNothingBehind() {
    final Thread fickle =
        new Thread() {
          private long id;

          @Override
          public long getId() {
            return id += 1_000;
          }
        };
    final Heap heap = Heap.owned(heaps, source);
    heap.thread(fickle);
    for (int i = 0; i < 2_000; i++) {
      // By chance it finds what it entered in a small table.
      if (table.enter(heap, fickle)) {
        table.remove(heap);
      }
    }
    final Thread ordinary = new WithId(5);
    assertThat(enter(ordinary)).isSameAs(table.find(ordinary));
  }

  @Test
  void theFastPathFindsTheSlabOfTheThreadWhoseRowItIs() {
    final Thread first = new WithId(3);
    final Thread second = new WithId(3 + ROWS);
    final Heap ofFirst = enter(first);
    final Heap ofSecond = enter(second);
    final int sizeClass = 0;
    final Slab slabOfFirst = SlabDirectory.slabAt(allocate(ofFirst, sizeClass));
    final Slab slabOfSecond = SlabDirectory.slabAt(allocate(ofSecond, sizeClass));
    assertThat(slabAt(first)).isSameAs(slabOfFirst);
    assertThat(slabAt(second)).as("not its own: it takes the slow path").isSameAs(slabOfFirst);
    assertThat(slabAt(new WithId(4))).isSameAs(Slab.NOBODY);
    leave(ofFirst);
    assertThat(slabAt(second)).as("the row went to the next").isSameAs(slabOfSecond);
    leave(ofSecond);
    assertThat(slabAt(second)).isSameAs(Slab.NOBODY);
    final Slab again = SlabDirectory.slabAt(allocate(enter(second), sizeClass));
    assertThat(slabAt(second)).isSameAs(again);
    table.clear();
    assertThat(slabAt(second)).isSameAs(Slab.NOBODY);
  }

  private Slab slabAt(final Thread thread) {
    return HeapTable.slabAt(table.rows(), thread, 16);
  }

  @Test
  void aThreadTakesBlocksOfWhatIsItsOwn() {
    final Thread self = Thread.currentThread();
    assertThat(table.takeSmall(64)).isZero();
    assertThat(table.takeMedium(50_000)).isZero();
    final Heap heap = enter(self);
    assertThat(table.takeSmall(64)).as("it has no slab yet").isZero();
    final long block = allocate(heap, 3);
    final long next = table.takeSmall(64);
    assertThat(next).isEqualTo(block + 64);
    final int medium = SizeClasses.of(50_000);
    assertThat(table.takeMedium(50_000)).isZero();
    final long large = allocate(heap, medium);
    final long nextLarge = table.takeMedium(50_000);
    assertThat(nextLarge).isNotZero().isNotEqualTo(large);
    assertThat(SlabDirectory.slabAt(nextLarge)).isSameAs(SlabDirectory.slabAt(large));
  }
}
