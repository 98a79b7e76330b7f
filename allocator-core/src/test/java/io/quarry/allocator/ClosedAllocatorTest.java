package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.Posix;
import java.util.LinkedHashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ClosedAllocatorTest {

  private final CountingPosix posix = new CountingPosix(Posix.host());
  private final SlabAllocator allocator =
      SlabAllocator.builder().capacity(64L << 20).posix(posix).build();

  @Test
  void everyMethodSaysThatItIsClosedAndNothingIsMappedAnyMore() throws InterruptedException {
    final long small = allocator.malloc(100);
    final long medium = allocator.malloc(100_000);
    final long large = allocator.malloc(5 << 20);
    final Block block = allocator.newBlock(10);
    final SharedBlock shared = allocator.newSharedBlock(10);
    allocator.close();
    allocator.close();
    assertThat(posix.mappedRanges()).isEmpty();

    final Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
    for (final long size : new long[] {0, 100, 100_000, 5 << 20, 100 << 20, Long.MAX_VALUE}) {
      calls.put("malloc " + size, () -> allocator.malloc(size));
      calls.put("tryMalloc " + size, () -> allocator.tryMalloc(size));
      calls.put("calloc " + size, () -> allocator.calloc(1, size));
      calls.put("alignedAlloc " + size, () -> allocator.alignedAlloc(64, size));
      calls.put("alignedAlloc wide " + size, () -> allocator.alignedAlloc(1 << 20, size));
      calls.put("realloc NULL " + size, () -> allocator.realloc(Allocator.NULL, size));
    }
    for (final long address : new long[] {small, medium, large, small + 1, Allocator.NULL, 42}) {
      calls.put("free " + address, () -> allocator.free(address));
      calls.put("sized free " + address, () -> allocator.free(address, 100));
      calls.put("usableSize " + address, () -> allocator.usableSize(address));
      calls.put("realloc " + address, () -> allocator.realloc(address, 50));
      calls.put("byteBuffer " + address, () -> allocator.byteBuffer(address, 1));
      calls.put("buffer " + address, () -> allocator.buffer(address, 1));
    }
    calls.put("newBlock", () -> allocator.newBlock(1));
    calls.put("newSharedBlock", () -> allocator.newSharedBlock(1));
    calls.put("Block.byteBuffer", block::byteBuffer);
    calls.put("SharedBlock.byteBuffer", shared::byteBuffer);
    calls.put("trim", allocator::trim);
    calls.put("stats", allocator::stats);

    assertClosed(calls);
    // Also on a thread that never had to do with it.
    final Throwable[] failure = new Throwable[1];
    final Thread other = new Thread(() -> assertClosed(calls));
    other.setUncaughtExceptionHandler((thread, thrown) -> failure[0] = thrown);
    other.start();
    other.join();
    assertThat(failure[0]).isNull();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  private static void assertClosed(final Map<String, ThrowingCallable> calls) {
    calls.forEach(
        (name, call) ->
            assertThatIllegalStateException()
                .as(name)
                .isThrownBy(call)
                .withMessageContaining("closed"));
  }

  @Test
  void closingOneLeavesOthersAlone() {
    try (SlabAllocator other = SlabAllocator.builder().capacity(64L << 20).build()) {
      final long before = other.malloc(100);
      allocator.malloc(100);
      allocator.close();
      other.free(before, 100);
      assertThat(other.stats().liveBlocks()).isZero();
      assertThat(other.usableSize(other.malloc(2 << 20))).isEqualTo(2 << 20);
    }
  }

  @Test
  void anAllocatorThatWasNeverUsedMapsNothing() {
    assertThat(allocator.stats().reservedBytes()).isZero();
    assertThat(allocator.trim()).isZero();
    allocator.close();
    assertThat(posix.count("mmap")).isZero();
  }
}
