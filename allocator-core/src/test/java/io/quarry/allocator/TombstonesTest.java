package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Slabs that are retired by frees of other threads must not stay in the queue of their owner. */
class TombstonesTest {
  private static final int BLOCKS = 64;

  private final AtomicLong now = new AtomicLong();
  private final SlabAllocator allocator =
      SlabAllocator.builder()
          .clock(now::get)
          .capacity(64 << 20)
          .returnMode(ReturnMode.DISCARD)
          .build();

  @Test
  void theHeapOfADeadThreadKeepsNoTombstone() throws InterruptedException {
    final long[] blocks = new long[BLOCKS];
    final Thread dying = new Thread(() -> fill(blocks));
    dying.start();
    dying.join();
    allocator.housekeep();
    assertFreedSlabsAreForgotten(blocks);
  }

  @Test
  void theHeapOfAThreadThatDoesNothingKeepsNoTombstone() throws InterruptedException {
    final long[] blocks = new long[BLOCKS];
    fill(blocks);
    final Thread other =
        new Thread(
            () -> {
              for (final long block : blocks) {
                allocator.free(block);
              }
            });
    final WeakReference<Slab> slab = new WeakReference<>(SlabDirectory.slabAt(blocks[0]));
    other.start();
    other.join();
    assertForgotten(slab);
  }

  private void fill(final long[] blocks) {
    for (int i = 0; i < 4; i++) {
      allocator.free(allocator.malloc(32 << 10)); // from now on the thread has slabs of its own
    }
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = allocator.malloc(32 << 10);
    }
  }

  private void assertFreedSlabsAreForgotten(final long[] blocks) {
    final WeakReference<Slab> slab = new WeakReference<>(SlabDirectory.slabAt(blocks[0]));
    for (final long block : blocks) {
      allocator.free(block);
    }
    assertForgotten(slab);
  }

  private void assertForgotten(final WeakReference<Slab> slab) {
    now.addAndGet(10_000_000_000L);
    allocator.housekeep();
    assertThat(allocator.stats().liveBlocks()).isZero();
    allocator.malloc((1 << 20) + 1); // carved where it was, so that the directory forgets it
    for (int i = 0; i < 100 && !slab.refersTo(null); i++) {
      System.gc();
    }
    assertThat(slab.refersTo(null)).isTrue();
    allocator.close();
  }
}
