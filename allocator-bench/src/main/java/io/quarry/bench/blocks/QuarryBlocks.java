package io.quarry.bench.blocks;

import io.quarry.allocator.Relocator;
import io.quarry.allocator.SlabAllocator;

/** Blocks of a {@link SlabAllocator} with its default settings. */
final class QuarryBlocks extends AddressedBlocks {

  private final SlabAllocator allocator;

  QuarryBlocks() {
    this(SlabAllocator.create());
  }

  /** Blocks that are moved in the background, with the default target. */
  QuarryBlocks(Relocator relocator) {
    this(SlabAllocator.builder().relocator(relocator).build());
  }

  private QuarryBlocks(SlabAllocator allocator) {
    this.allocator = allocator;
  }

  @Override
  public long allocate(int slot, int sizeBytes) {
    return allocator.malloc(sizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    allocator.free(handle);
  }

  @Override
  public void close() {
    allocator.close();
  }
}
