package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.DelegatingPosix;
import io.quarry.posix.MapFlag;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.posix.Protection;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Other people's memory in what an allocator has unmapped: another allocator's, or a stranger's.
 */
class NeighboursTest {
  private static final long MIB = 1L << 20;

  private final Posix host = Posix.host();
  private final CountingPosix counting = new CountingPosix(host);
  private final SlabAllocator allocator =
      SlabAllocator.builder()
          .capacity(64 * MIB)
          .regionSize(16 * MIB)
          .posix(counting)
          .clock(new ManualClock())
          .build();
  private final Contents contents = new Contents();

  @AfterEach
  void close() {
    allocator.close();
    assertThat(counting.mappedRanges()).isEmpty();
  }

  @Test
  void anAllocatorInTheHoleOfAnotherKeepsItsBlocksWhenThatCloses() {
    final long hole = makeHole();
    try (SlabAllocator guest = guestAt(hole)) {
      final long block = guest.malloc(100);
      assertThat(block).isBetween(hole, hole + 4 * MIB);
      final long large = guest.malloc(MIB + 1);
      allocator.close();
      assertThat(guest.usableSize(block)).isEqualTo(112);
      contents.fill(block, 100, 1);
      assertThat(contents.holds(block, 100, 1)).isTrue();
      guest.free(block, 100);
      guest.free(large, MIB + 1);
      assertThat(guest.stats().liveBlocks()).isZero();
    }
  }

  @Test
  void anAllocatorInTheHoleOfAnotherKeepsItsBlocksWhenThatDropsTheRegion() {
    final long hole = makeHole();
    try (SlabAllocator guest = guestAt(hole)) {
      final long block = guest.malloc(100);
      assertThat(block).isBetween(hole, hole + 4 * MIB);
      allocator.free(first);
      allocator.free(last);
      allocator.trim();
      assertThat(counting.mappedRanges()).as("the region is dropped").isEmpty();
      assertThat(guest.usableSize(block)).isEqualTo(112);
      guest.free(block);
    }
  }

  @Test
  void aStrangersMappingInAHoleSurvivesAllocationTrimAndClose() {
    final long hole = makeHole();
    final long stranger = hole + MIB;
    map(stranger, MIB);
    try {
      contents.fill(stranger, MIB, 99);
      // More than fits around it: the hole is tried, and given up.
      for (int round = 0; round < 3; round++) {
        final long[] blocks = new long[40];
        for (int i = 0; i < blocks.length; i++) {
          blocks[i] = allocator.malloc(i % 3 == 0 ? MIB + 1 : 200_000);
          final long usable = allocator.usableSize(blocks[i]);
          assertThat(blocks[i] + usable <= stranger || blocks[i] >= stranger + MIB).isTrue();
          Contents.dirty(blocks[i], usable);
        }
        for (final long block : blocks) {
          allocator.free(block);
        }
        allocator.trim();
        assertThat(contents.holds(stranger, MIB, 99)).as("round %d", round).isTrue();
      }
      allocator.close();
      assertThat(contents.holds(stranger, MIB, 99)).isTrue();
    } finally {
      host.munmap(stranger, MIB);
    }
  }

  @Test
  void aStrangersMappingSurvivesThatItsRegionIsDropped() {
    final long hole = makeHole();
    map(hole + MIB, MIB);
    try {
      contents.fill(hole + MIB, MIB, 98);
      allocator.free(first);
      allocator.free(last);
      allocator.trim();
      assertThat(allocator.stats().reservedBytes()).isZero();
      assertThat(contents.holds(hole + MIB, MIB, 98)).isTrue();
    } finally {
      host.munmap(hole + MIB, MIB);
    }
  }

  private long first;
  private long last;

  /** Leaves a hole of 4 MiB, at a multiple of 2 MiB, between two live blocks. */
  private long makeHole() {
    first = allocator.malloc(2 * MIB);
    final long between = allocator.malloc(4 * MIB);
    last = allocator.malloc(10 * MIB);
    assertThat(first % (16 * MIB)).isZero();
    assertThat(last).isEqualTo(first + 6 * MIB);
    allocator.free(between);
    assertThat(allocator.trim()).isEqualTo(4 * MIB);
    return between;
  }

  private void map(final long address, final long length) {
    final Set<MapFlag> flags =
        EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.FIXED_NOREPLACE);
    final Set<Protection> access = EnumSet.of(Protection.READ, Protection.WRITE);
    assertThat(host.mmap(address, length, access, flags, Posix.NO_FILE, 0)).isEqualTo(address);
    NativeMemory.fill(address, length, (byte) 1);
  }

  /** An allocator whose first region the kernel places where it is told. */
  private SlabAllocator guestAt(final long place) {
    return SlabAllocator.builder()
        .capacity(8 * MIB)
        .regionSize(2 * MIB)
        .posix(new Placing(host, place))
        .clock(new ManualClock())
        .build();
  }

  /** A kernel that places new mappings one after the other from an address on. */
  private static final class Placing extends DelegatingPosix {
    private long next;

    Placing(final Posix delegate, final long first) {
      super(delegate);
      next = first;
    }

    @Override
    public long mmap(
        final long address,
        final long length,
        final Set<Protection> protection,
        final Set<MapFlag> flags,
        final int fileDescriptor,
        final long offset) {
      final Set<MapFlag> fixed = EnumSet.copyOf(flags);
      fixed.add(MapFlag.FIXED_NOREPLACE);
      final long at = address == 0 ? next : address;
      next = address == 0 ? next + length : next;
      return super.mmap(at, length, protection, fixed, fileDescriptor, offset);
    }
  }
}
