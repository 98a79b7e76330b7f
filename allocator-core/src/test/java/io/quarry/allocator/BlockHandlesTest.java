package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlockHandlesTest {
  private static final int THREADS = 4;

  private final SlabAllocator allocator = SlabAllocator.builder().capacity(8L << 30).build();
  private final Contents contents = new Contents();

  @AfterEach
  void close() {
    assertThat(allocator.stats().liveBlocks()).isZero();
    allocator.close();
  }

  @Test
  void viewsShowTheBlock() {
    try (Block block = allocator.newBlock(100)) {
      assertThat(block.size()).isEqualTo(100);
      final ByteBuffer bytes = block.byteBuffer();
      final UnsafeBuffer buffer = block.buffer();
      assertThat(bytes.capacity()).isEqualTo(100);
      assertThat(buffer.capacity()).isEqualTo(100);
      assertThat(bytes.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
      bytes.putLong(92, 0x0102030405060708L);
      assertThat(buffer.getLong(92, ByteOrder.BIG_ENDIAN)).isEqualTo(0x0102030405060708L);
      assertThat(buffer.addressOffset()).isEqualTo(block.address());
    }
  }

  @Test
  void viewsOfPartsAndOfEveryKindOfBlockAreWhereTheyShouldBe() {
    for (final long size : new long[] {40, 5_000, 50_000, 3 << 20, 300 << 20, 1_100 << 20}) {
      final long address = allocator.malloc(size);
      for (final long offset : new long[] {0, 8, 24, size - 16}) {
        contents.putLong(address + offset, offset + 7);
        assertThat(
                allocator.byteBuffer(address + offset, 8).order(ByteOrder.nativeOrder()).getLong())
            .as("byteBuffer of %d at %d", size, offset)
            .isEqualTo(offset + 7);
        assertThat(allocator.buffer(address + offset, 8).getLong(0)).isEqualTo(offset + 7);
      }
      allocator.free(address);
    }
  }

  @Test
  void aBlockClosesOnce() {
    for (int i = 0; i < 100; i++) {
      allocator.free(allocator.malloc(100)); // from now on this thread has a slab of its own
    }
    final Block block = allocator.newBlock(100);
    final long address = block.address();
    block.close();
    final List<Long> others = new ArrayList<>();
    do {
      others.add(allocator.malloc(100));
    } while (others.get(others.size() - 1) != address && others.size() < 10_000);
    assertThat(others).as("somebody else's by now").contains(address);
    block.close();
    assertThat(allocator.usableSize(address)).isEqualTo(112);
    assertThatIllegalStateException().isThrownBy(block::address).withMessageContaining("closed");
    assertThatIllegalStateException().isThrownBy(block::byteBuffer);
    assertThatIllegalStateException().isThrownBy(block::buffer);
    assertThat(block.size()).isEqualTo(100);
    others.forEach(allocator::free);
  }

  @Test
  void aBlockThatIsClosedByManyIsFreedOnce() throws Exception {
    for (int round = 0; round < 200; round++) {
      final Block block = allocator.newBlock(round);
      inParallel(
          () -> {
            block.close();
            return null;
          });
      assertThat(allocator.stats().liveBlocks()).isZero();
    }
    assertThat(allocator.stats().freeCount()).isEqualTo(200);
  }

  @Test
  void viewsOfMoreThanABufferHoldsAreRefused() {
    try (Block block = allocator.newBlock(3L << 30);
        SharedBlock shared = allocator.newSharedBlock(1L << 31)) {
      for (final ThrowingCallable view :
          List.<ThrowingCallable>of(
              block::byteBuffer, block::buffer, shared::byteBuffer, shared::buffer)) {
        assertThatIllegalArgumentException()
            .isThrownBy(view)
            .withMessageContaining("does not fit one buffer")
            .withMessageContaining("byteBuffer(address, length)");
      }
      // Its parts, as the message says.
      final long end = block.address() + (3L << 30);
      contents.putLong(end - 8, 5);
      assertThat(allocator.byteBuffer(end - 8, 8).order(ByteOrder.nativeOrder()).getLong())
          .isEqualTo(5);
      assertThat(allocator.byteBuffer(block.address(), Integer.MAX_VALUE).capacity())
          .isEqualTo(Integer.MAX_VALUE);
    }
  }

  @Test
  void aSharedBlockLivesUntilItsLastUserLetsGo() {
    final SharedBlock block = allocator.newSharedBlock(100);
    assertThat(block.tryRetain()).isTrue();
    block.close();
    assertThat(allocator.usableSize(block.address())).isEqualTo(112);
    assertThat(block.byteBuffer().capacity()).isEqualTo(100);
    block.close();
    assertThat(allocator.stats().liveBlocks()).isZero();
    assertThat(block.tryRetain()).isFalse();
    assertThatIllegalStateException().isThrownBy(block::close).withMessageContaining("free");
    assertThatIllegalStateException().isThrownBy(block::address);
    assertThatIllegalStateException().isThrownBy(block::buffer);
    assertThat(block.tryRetain()).as("also after one close too many").isFalse();
    assertThat(block.size()).isEqualTo(100);
  }

  /** Readers retain and look while the owner evicts: nobody sees anything but the value. */
  @Test
  void readersOfASharedBlockNeverSeeItFreed() throws Exception {
    final AtomicInteger seen = new AtomicInteger();
    final AtomicInteger gone = new AtomicInteger();
    final Queue<Long> leftOver = new ConcurrentLinkedQueue<>();
    for (int round = 0; round < 300; round++) {
      final long stamp = round * 0x1234567L + 1;
      final SharedBlock block = allocator.newSharedBlock(64);
      contents.putLong(block.address(), stamp);
      final AtomicInteger evictor = new AtomicInteger();
      inParallel(
          () -> {
            final boolean evicts = evictor.getAndIncrement() == 0;
            final Contents mine = new Contents();
            for (int i = 0; i < 50; i++) {
              if (evicts && i == 25) {
                block.close();
                final long next = allocator.malloc(64); // likely the same block
                mine.putLong(next, ~stamp);
                leftOver.add(next);
              }
              if (block.tryRetain()) {
                try (block) {
                  assertThat(mine.getLong(block.address())).isEqualTo(stamp);
                  seen.incrementAndGet();
                }
              } else {
                gone.incrementAndGet();
              }
            }
            return null;
          });
      assertThat(block.tryRetain()).isFalse();
    }
    assertThat(seen.get()).isPositive();
    assertThat(gone.get()).isPositive();
    assertThat(allocator.stats().freeCount()).isEqualTo(300);
    assertThat(allocator.stats().liveBlocks()).isEqualTo(300);
    leftOver.forEach(allocator::free);
  }

  private static void inParallel(final Callable<Void> task)
      throws InterruptedException, ExecutionException {
    final ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      final List<Future<Void>> results = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        results.add(pool.submit(task));
      }
      for (final Future<Void> result : results) {
        result.get();
      }
    } finally {
      pool.shutdown();
    }
  }
}
