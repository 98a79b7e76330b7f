package io.quarry.bench.blocks;

import io.quarry.allocator.Checks;
import io.quarry.allocator.Relocator;
import io.quarry.allocator.SlabAllocator;
import java.nio.ByteBuffer;

/** Blocks of a {@link SlabAllocator} with its default settings. */
final class QuarryBlocks extends AddressedBlocks
    implements ZeroedBlocks, ResizableBlocks, ByteBufferBlocks {

  private final SlabAllocator allocator;

  QuarryBlocks() {
    this(SlabAllocator.create());
  }

  /** Blocks that are moved in the background, with the default target. */
  QuarryBlocks(Relocator relocator) {
    this(SlabAllocator.builder().relocator(relocator).build());
  }

  /** Blocks that are checked as far as the mode says. */
  QuarryBlocks(Checks checks) {
    this(SlabAllocator.builder().checks(checks).build());
  }

  private QuarryBlocks(SlabAllocator allocator) {
    this.allocator = allocator;
  }

  @Override
  public long allocate(int slot, int sizeBytes) {
    return allocator.malloc(sizeBytes);
  }

  @Override
  public long allocateZeroed(int slot, int sizeBytes) {
    return allocator.calloc(1, sizeBytes);
  }

  @Override
  public long reallocate(int slot, long handle, int newSizeBytes) {
    return allocator.realloc(handle, newSizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    allocator.free(handle);
  }

  @Override
  public long throughView(int slot, long handle, int sizeBytes, long value) {
    return throughBuffer(allocator.buffer(handle, sizeBytes), sizeBytes, value);
  }

  @Override
  public ByteBuffer byteBuffer(int slot, long handle, int sizeBytes) {
    return allocator.byteBuffer(handle, sizeBytes);
  }

  @Override
  public void close() {
    allocator.close();
  }
}
