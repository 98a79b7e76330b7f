package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.allocator.Contents.Piece;
import io.quarry.slab.SizeClasses;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a program relies on: blocks of its own, of the size it asked for, with what it wrote. */
class BlockContentsTest {

  private final SlabAllocator allocator =
      SlabAllocator.builder().capacity(2L << 30).clock(new ManualClock()).build();
  private final Contents contents = new Contents();

  @AfterEach
  void close() {
    allocator.close();
  }

  @Test
  void blocksOfEverySizeTo5000NeverOverlapAndKeepTheirContents() {
    final List<Long> sizes = new ArrayList<>();
    for (long size = 0; size <= 5_000; size++) {
      sizes.add(size);
    }
    allocateCheckAndFree(sizes);
  }

  @Test
  void blocksAtEveryClassBoundaryNeverOverlapAndKeepTheirContents() {
    final List<Long> sizes = boundaries();
    sizes.addAll(List.of(1_500_000L, 2L << 20, (3L << 20) + 1, 20L << 20));
    allocateCheckAndFree(sizes);
  }

  static List<Long> boundaries() {
    final List<Long> sizes = new ArrayList<>();
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      final long bytes = SizeClasses.bytes(sizeClass);
      sizes.addAll(List.of(bytes - 1, bytes, bytes + 1));
    }
    return sizes;
  }

  private void allocateCheckAndFree(final List<Long> sizes) {
    Contents.shuffle(sizes, 1);
    for (int round = 0; round < 2; round++) {
      final List<Piece> pieces = new ArrayList<>();
      long usable = 0;
      for (final long size : sizes) {
        final long address = allocator.malloc(size);
        final Piece piece = new Piece(address, size, allocator.usableSize(address));
        contents.fill(address, piece.usable(), address);
        pieces.add(piece);
        usable += piece.usable();
      }
      Contents.requireApart(pieces);
      assertThat(allocator.stats().liveBlocks()).isEqualTo(pieces.size());
      assertThat(allocator.stats().liveBytes()).isEqualTo(usable);
      Contents.shuffle(pieces, 2 + round);
      for (final Piece piece : pieces) {
        assertThat(contents.holds(piece.address(), piece.usable(), piece.address()))
            .as("contents of %s", piece)
            .isTrue();
        allocator.free(piece.address(), piece.size());
      }
      assertThat(allocator.stats().liveBlocks()).isZero();
      assertThat(allocator.stats().liveBytes()).isZero();
    }
    assertThat(allocator.stats().mallocCount()).isEqualTo(2L * sizes.size());
    assertThat(allocator.stats().freeCount()).isEqualTo(2L * sizes.size());
  }

  @Test
  void usableSizeIsThatOfTheClassOrOfTheGranules() {
    for (final long size : boundaries()) {
      final long address = allocator.malloc(size);
      final long expected =
          size > SizeClasses.MAX_CLASS_BYTES
              ? (size + 65_535) / 65_536 * 65_536
              : SizeClasses.bytes(SizeClasses.of((int) size));
      assertThat(allocator.usableSize(address)).isEqualTo(expected);
      allocator.free(address);
    }
  }

  @Test
  void blocksOfNoBytesAreDistinct() {
    final long first = allocator.malloc(0);
    final long second = allocator.malloc(0);
    assertThat(first).isNotZero().isNotEqualTo(second);
    assertThat(second).isNotZero();
    assertThat(allocator.usableSize(first)).isEqualTo(16);
    allocator.free(first, 0);
    allocator.free(second, 0);
    assertThat(allocator.calloc(0, 5)).isNotZero();
    assertThat(allocator.calloc(5, 0)).isNotZero();
    assertThat(allocator.realloc(0, 0)).isNotZero();
    assertThat(allocator.stats().liveBlocks()).isEqualTo(3);
  }

  @Test
  void alignedBlocksLieAtMultiplesOfTheirAlignment() {
    final List<Piece> pieces = new ArrayList<>();
    for (long alignment = 1; alignment <= 2L << 20; alignment <<= 1) {
      for (final long size : new long[] {0, 1, 24, 100, 4_097, 40_000, 65_537, 1_048_577}) {
        for (int i = 0; i < 3; i++) {
          final long address = allocator.alignedAlloc(alignment, size);
          assertThat(address % alignment).as("%d bytes at %d", size, alignment).isZero();
          pieces.add(new Piece(address, size, allocator.usableSize(address)));
          contents.fill(address, size, address);
        }
      }
    }
    Contents.requireApart(pieces);
    for (final Piece piece : pieces) {
      assertThat(contents.holds(piece.address(), piece.size(), piece.address())).isTrue();
      allocator.free(piece.address(), piece.size());
    }
    assertThat(allocator.stats().liveBlocks()).isZero();
  }

  @Test
  void anAlignmentHoldsInRegionsThatAreNoLargerThanIt() {
    try (SlabAllocator narrow =
        SlabAllocator.builder().capacity(64L << 20).regionSize(2L << 20).build()) {
      for (int i = 0; i < 5; i++) {
        narrow.malloc(10);
        assertThat(narrow.alignedAlloc(2L << 20, 100) % (2L << 20)).isZero();
        assertThat(narrow.alignedAlloc(2L << 20, 5L << 20) % (2L << 20)).isZero();
        assertThat(narrow.alignedAlloc(1L << 20, 1L << 20) % (1L << 20)).isZero();
      }
    }
  }

  @Test
  void blocksAbove2GiBAreAllocated() {
    try (SlabAllocator roomy = SlabAllocator.builder().capacity(16L << 30).build()) {
      final long size = (5L << 30) + 1;
      final long address = roomy.malloc(size);
      assertThat(roomy.usableSize(address)).isEqualTo((5L << 30) + 65_536);
      contents.putLong(address, 1);
      contents.putLong(address + size - 9, 2);
      assertThat(contents.getLong(address) + contents.getLong(address + size - 9)).isEqualTo(3);
      assertThat(roomy.byteBuffer(address + size - 9, 8).get()).isIn((byte) 0, (byte) 2);
      final long grown = roomy.realloc(address, 6L << 30);
      assertThat(contents.getLong(grown) + contents.getLong(grown + size - 9)).isEqualTo(3);
      final long shrunk = roomy.realloc(grown, 3L << 30);
      assertThat(contents.getLong(shrunk)).isEqualTo(1);
      roomy.free(shrunk, 3L << 30);
      assertThat(roomy.stats().liveBlocks()).isZero();
    }
  }
}
