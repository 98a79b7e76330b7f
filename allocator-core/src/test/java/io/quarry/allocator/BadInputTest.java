package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.quarry.allocator.InvalidAddressException.Reason;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is wrong with an argument is said, and nothing has changed. */
class BadInputTest {

  private final ManualClock clock = new ManualClock();
  private final SlabAllocator allocator =
      SlabAllocator.builder().capacity(256L << 20).clock(clock).build();

  /** Everything that takes the address of a block. */
  private final List<LongConsumer> calls =
      List.of(
          allocator::free,
          address -> allocator.free(address, 1),
          allocator::usableSize,
          address -> allocator.realloc(address, 10),
          address -> allocator.realloc(address, 10 << 20));

  @AfterEach
  void close() {
    allocator.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, -4_096, Long.MIN_VALUE})
  void negativeSizesAreRefused(final long size) {
    final long live = allocator.malloc(10);
    for (final ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> allocator.malloc(size),
            () -> allocator.tryMalloc(size),
            () -> allocator.calloc(size, 1),
            () -> allocator.calloc(1, size),
            () -> allocator.calloc(size, size),
            () -> allocator.realloc(live, size),
            () -> allocator.realloc(Allocator.NULL, size),
            () -> allocator.alignedAlloc(8, size),
            () -> allocator.alignedAlloc(64, size),
            () -> allocator.alignedAlloc(1 << 20, size),
            () -> allocator.free(live, size),
            () -> allocator.free(Allocator.NULL, size),
            () -> allocator.newBlock(size),
            () -> allocator.newSharedBlock(size))) {
      assertThatIllegalArgumentException()
          .isThrownBy(call)
          .isNotInstanceOf(InvalidAddressException.class)
          .withMessageContaining(String.valueOf(size));
    }
    assertThat(allocator.stats().liveBlocks()).isEqualTo(1);
  }

  @Test
  void aProductThatOverflowsIsRefused() {
    for (final long[] arguments :
        new long[][] {
          {Long.MAX_VALUE, 2},
          {2, Long.MAX_VALUE},
          {1L << 32, 1L << 31},
          {1L << 32, 1L << 32},
          {1L << 62, 4},
          {Long.MAX_VALUE, Long.MAX_VALUE},
          {3_037_000_500L, 3_037_000_500L}
        }) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> allocator.calloc(arguments[0], arguments[1]))
          .withMessageContaining("more than a long");
    }
    assertThat(allocator.calloc(0, Long.MAX_VALUE)).isNotZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 3, 48, 65_537, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40, 1L << 62})
  void alignmentsThatAreNoPowerOfTwoOrTooLargeAreRefused(final long alignment) {
    for (final long size : new long[] {0, 100, 5 << 20}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> allocator.alignedAlloc(alignment, size))
          .withMessageContaining("alignment " + alignment);
    }
  }

  @Test
  void nullIsNoBlockAndFreeingItDoesNothing() {
    allocator.free(Allocator.NULL);
    allocator.free(Allocator.NULL, 100);
    assertReason(Reason.FOREIGN, Allocator.NULL, allocator::usableSize);
    assertThat(allocator.stats().freeCount()).isZero();
  }

  @Test
  void foreignAddressesAreRefused() {
    final long own = allocator.malloc(100);
    try (SlabAllocator other = SlabAllocator.builder().capacity(64L << 20).build()) {
      for (final long size : new long[] {10, 50_000, 3 << 20}) {
        final long theirs = other.malloc(size);
        calls.forEach(call -> assertReason(Reason.FOREIGN, theirs, call));
        assertReason(Reason.FOREIGN, theirs, address -> allocator.byteBuffer(address, 1));
        assertReason(Reason.FOREIGN, theirs, address -> allocator.buffer(address, 1));
        assertThat(other.usableSize(theirs)).isGreaterThanOrEqualTo(size);
      }
      assertThat(other.stats().liveBlocks()).isEqualTo(3);
    }
    for (final long address :
        new long[] {1, 16, -16, Long.MIN_VALUE, Long.MAX_VALUE, own | 1L << 48, own + (1L << 40)}) {
      calls.forEach(call -> assertReason(Reason.FOREIGN, address, call));
    }
    assertThat(allocator.stats().liveBlocks()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 48, 100, 5_000, 32_768, 50_000, 1 << 20, 3 << 20})
  void addressesInsideABlockAreRefused(final long size) {
    final long address = allocator.malloc(size);
    final long usable = allocator.usableSize(address);
    for (final long offset : new long[] {1, 8, 15, usable / 2 + 1, usable - 1}) {
      calls.forEach(call -> assertReason(Reason.INTERIOR, address + offset, call));
    }
    assertThat(allocator.usableSize(address)).isEqualTo(usable);
    allocator.free(address);
  }

  @ParameterizedTest
  @ValueSource(longs = {48, 80, 5_120, 18 << 10, 52 << 10})
  void addressesInTheTailOfASlabAreRefused(final long size) {
    long last = 0;
    Slab slab;
    do {
      last = allocator.malloc(size);
      slab = SlabDirectory.slabAt(last);
    } while (slab.liveCount() < slab.blockCount());
    final AllocatorStats stats = allocator.stats();
    assertThat(slab.tailBytes()).as("a class with a tail").isPositive();
    final long tail = last + size;
    for (long address = tail; address < tail + slab.tailBytes(); address += 16) {
      final long inTail = address;
      calls.forEach(call -> assertReason(Reason.INTERIOR, inTail, call));
      assertReason(Reason.INTERIOR, inTail, at -> allocator.byteBuffer(at, 0));
    }
    assertThat(allocator.stats().liveBlocks()).isEqualTo(stats.liveBlocks());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 100, 5_000, 32_768, 50_000, 1 << 20, 3 << 20})
  void blocksThatAreFreeAreRefusedAlsoOnceTheirSlabIsGone(final long size) {
    allocator.malloc(7_000); // keeps the region from being dropped as a whole
    final long neighbour = allocator.malloc(size);
    final long address = allocator.malloc(size);
    allocator.free(address);
    assertDoubleFree(address);
    allocator.free(neighbour);
    assertDoubleFree(neighbour);
    assertDoubleFree(address);
    allocator.housekeep();
    assertDoubleFree(address);
    assertThat(allocator.trim()).isPositive();
    assertDoubleFree(address);
    assertDoubleFree(neighbour);
    clock.advance(Duration.ofMinutes(1));
    allocator.housekeep();
    assertDoubleFree(address);
  }

  private void assertDoubleFree(final long address) {
    calls.forEach(call -> assertReason(Reason.DOUBLE_FREE, address, call));
    assertReason(Reason.DOUBLE_FREE, address, at -> allocator.byteBuffer(at, 0));
  }

  @Test
  void aBlockFreedByAnotherThreadIsFreeForAll() throws InterruptedException {
    final long address = allocator.malloc(100);
    allocator.malloc(100);
    final Thread other = new Thread(() -> allocator.free(address));
    other.start();
    other.join();
    assertDoubleFree(address);
    final Throwable[] seen = new Throwable[1];
    final Thread third = new Thread(() -> allocator.free(address));
    third.setUncaughtExceptionHandler((thread, thrown) -> seen[0] = thrown);
    third.start();
    third.join();
    assertThat(seen[0]).isInstanceOf(InvalidAddressException.class);
    assertThat(allocator.stats().liveBlocks()).isEqualTo(1);
    assertThat(allocator.stats().misuseCount()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 48, 112, 1_152, 28_672, 40_960, 458_752, 3 << 20})
  void aWrongSizeIsRefused(final long size) {
    allocator.malloc(size);
    // Not the first of its slab: that is aligned to anything, and alignedAlloc(64, 1) gives 64
    // bytes.
    final long address = allocator.malloc(size);
    final long usable = allocator.usableSize(address);
    assertReason(Reason.SIZE_MISMATCH, address, at -> allocator.free(at, usable + 1));
    assertReason(Reason.SIZE_MISMATCH, address, at -> allocator.free(at, Long.MAX_VALUE));
    if (usable > 16) {
      assertReason(Reason.SIZE_MISMATCH, address, at -> allocator.free(at, usable / 2));
    }
    if (size > 1 << 20) {
      assertReason(Reason.SIZE_MISMATCH, address, at -> allocator.free(at, 0));
    }
    assertThat(allocator.usableSize(address)).isEqualTo(usable);
    assertThatCode(() -> allocator.free(address, size)).doesNotThrowAnyException();
  }

  @Test
  void aViewThatRunsPastItsBlockIsRefused() {
    final long address = allocator.malloc(100);
    assertReason(Reason.SIZE_MISMATCH, address, at -> allocator.byteBuffer(at, 113));
    assertReason(Reason.SIZE_MISMATCH, address + 50, at -> allocator.buffer(at, 63));
    assertThatIllegalArgumentException().isThrownBy(() -> allocator.byteBuffer(address, -1));
    assertThat(allocator.byteBuffer(address + 50, 62).capacity()).isEqualTo(62);
  }

  private static void assertReason(
      final Reason reason, final long address, final LongConsumer call) {
    try {
      call.accept(address);
    } catch (final InvalidAddressException refused) {
      assertThat(refused.reason()).as(refused.getMessage()).isEqualTo(reason);
      assertThat(refused.address()).isEqualTo(address);
      assertThat(refused.getMessage()).contains(Long.toHexString(address));
      return;
    }
    throw new AssertionError(String.format("0x%x was not refused as %s", address, reason));
  }
}
