package io.quarry.bench.blocks;

import io.quarry.allocator.SlabAllocator;

/** Blocks of a {@link SlabAllocator} with its default settings. */
final class QuarryBlocks implements BlockAllocator {

  private final SlabAllocator allocator = SlabAllocator.create();

  @Override
  public long allocate(int slot, int sizeBytes) {
    return allocator.malloc(sizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    allocator.free(handle);
  }

  @Override
  public void touch(int slot, long handle, int sizeBytes, long stamp) {
    RawMemory.touch(handle, sizeBytes, stamp);
  }

  @Override
  public void touchPages(int slot, long handle, int sizeBytes) {
    RawMemory.touchPages(handle, sizeBytes);
  }

  @Override
  public boolean holds(int slot, long handle, int sizeBytes, long stamp) {
    return RawMemory.holds(handle, sizeBytes, stamp);
  }

  @Override
  public void close() {
    allocator.close();
  }
}
