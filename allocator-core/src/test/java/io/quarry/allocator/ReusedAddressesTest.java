package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.quarry.posix.Advice;
import io.quarry.posix.DelegatingPosix;
import io.quarry.posix.MapFlag;
import io.quarry.posix.NoPosix;
import io.quarry.posix.Posix;
import io.quarry.posix.Protection;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Two allocators whose regions the kernel puts where the other's were: what one forgets must not be
 * what the other knows. No memory is touched, so the addresses are made up.
 */
class ReusedAddressesTest {
  private static final long MIB = 1L << 20;
  private static final long REGION = 0x1234_4000_0000L;

  private static SlabAllocator allocator(final Posix posix, final long regionBytes) {
    return SlabAllocator.builder()
        .posix(posix)
        .clock(() -> 0)
        .capacity(64 * MIB)
        .regionSize(regionBytes)
        .build();
  }

  @Test
  void closingForgetsNothingOfAnAllocatorThatMovedIntoAHole() {
    final SlabAllocator older = allocator(new MapsAt(REGION), 8 * MIB);
    final long first = older.malloc(2 * MIB);
    older.malloc(2 * MIB);
    assertThat(first).isEqualTo(REGION);
    older.free(first);
    assertThat(older.trim()).isEqualTo(2 * MIB);

    final SlabAllocator younger = allocator(new MapsAt(REGION), 2 * MIB);
    final long block = younger.malloc(100);
    assertThat(block).isEqualTo(REGION);
    older.close();

    assertThatCode(() -> younger.free(block)).doesNotThrowAnyException();
    younger.close();
  }

  @Test
  void droppingARegionForgetsNothingOfAnAllocatorThatMappedItMeanwhile() {
    final SlabAllocator younger = allocator(new MapsAt(REGION), 2 * MIB);
    final long[] block = new long[1];
    final MapsAt kernel = new MapsAt(REGION);
    final SlabAllocator older = allocator(kernel, 2 * MIB);
    final long whole = older.malloc(2 * MIB);
    // Another thread's allocation, between the system call that unmaps and what follows it.
    kernel.afterUnmapping = () -> block[0] = younger.malloc(100);
    older.free(whole);
    older.trim();
    assertThat(block[0]).isEqualTo(REGION);

    assertThatCode(() -> younger.free(block[0])).doesNotThrowAnyException();
    older.close();
    younger.close();
  }

  /** A kernel that maps everything at one place. */
  private static final class MapsAt extends DelegatingPosix {
    private final long place;
    private Runnable afterUnmapping = () -> {};

    MapsAt(final long place) {
      super(NoPosix.instance());
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
      return address == 0 ? place : address;
    }

    @Override
    public void munmap(final long address, final long length) {
      final Runnable once = afterUnmapping;
      afterUnmapping = () -> {};
      once.run();
    }

    @Override
    public void madvise(final long address, final long length, final Advice advice) {}

    @Override
    public int pageSize() {
      return 4096;
    }
  }
}
