package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.MapFlag;
import io.quarry.posix.Posix;
import io.quarry.posix.Protection;
import io.quarry.posix.RemapFlag;
import java.time.Duration;
import java.util.BitSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Two allocators in one address space: the holes of one are free for the other. */
@EnabledOnOs(OS.LINUX)
final class NeighboursTest {

  private static final long MIB = 1L << 20;

  @Test
  void aRegionInAnothersHoleKeepsItsBlocks() {
    final SlabAllocator outer =
        SlabAllocator.builder().capacity(64 * MIB).regionSize(64 * MIB).clock(() -> 0).build();
    final long hole = outer.malloc(32 * MIB);
    final long used = outer.malloc(2 * MIB);
    outer.free(hole);
    outer.trim();
    final HolePosix kernel = new HolePosix(hole);
    try (SlabAllocator inner =
        SlabAllocator.builder()
            .capacity(2 * MIB)
            .regionSize(2 * MIB)
            .posix(kernel)
            .clock(() -> 0)
            .build()) {
      final long small = inner.malloc(100);
      final long large = inner.malloc(MIB + 1);
      assertThat(large).isBetween(hole, hole + 32 * MIB);
      outer.free(used);
      outer.trim();
      assertThat(outer.stats().reservedBytes()).isZero();
      assertThat(inner.usableSize(large)).isGreaterThan(MIB);
      outer.close();
      outer.close();
      assertThat(inner.usableSize(small)).isGreaterThanOrEqualTo(100);
      inner.free(small);
      inner.free(large);
    }
    assertThat(kernel.counting.mappedRanges()).isEmpty();
  }

  /** Shrinking a large block leaves granules idle: the maintenance thread has to hear of it. */
  @Test
  void whatALargeBlockNoLongerNeedsIsReturnedInTime() throws InterruptedException {
    try (SlabAllocator allocator =
        SlabAllocator.builder().capacity(64 * MIB).idleTime(Duration.ofMillis(20)).build()) {
      final long block = allocator.malloc(32 * MIB);
      Thread.sleep(100); // the maintenance thread goes to sleep for long
      assertThat(allocator.realloc(block, 2 * MIB)).isEqualTo(block);
      final long deadline = System.nanoTime() + 5_000_000_000L;
      while (allocator.stats().mappedBytes() > 2 * MIB && deadline - System.nanoTime() > 0) {
        Thread.sleep(5);
      }
      assertThat(allocator.stats().mappedBytes()).isEqualTo(2 * MIB);
    }
  }

  /** Puts every mapping into one place. */
  private static final class HolePosix implements Posix {
    final CountingPosix counting = new CountingPosix(Posix.host());
    private final long place;

    HolePosix(final long place) {
      this.place = place;
    }

    @Override
    public long mmap(
        final long address,
        final long length,
        final Set<Protection> protection,
        final Set<MapFlag> flags,
        final int fileDescriptor,
        final long offset) {
      return counting.mmap(
          address == 0 ? place : address,
          length,
          protection,
          Set.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.FIXED_NOREPLACE),
          fileDescriptor,
          offset);
    }

    @Override
    public void munmap(final long address, final long length) {
      counting.munmap(address, length);
    }

    @Override
    public void mprotect(final long address, final long length, final Set<Protection> protection) {
      counting.mprotect(address, length, protection);
    }

    @Override
    public void madvise(
        final long address, final long length, final io.quarry.posix.Advice advice) {
      counting.madvise(address, length, advice);
    }

    @Override
    public long mremap(
        final long oldAddress,
        final long oldLength,
        final long newLength,
        final Set<RemapFlag> flags,
        final long newAddress) {
      return counting.mremap(oldAddress, oldLength, newLength, flags, newAddress);
    }

    @Override
    public BitSet mincore(final long address, final long length) {
      return counting.mincore(address, length);
    }

    @Override
    public int pageSize() {
      return counting.pageSize();
    }
  }
}
