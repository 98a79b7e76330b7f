package io.quarry.bench.blocks;

/**
 * An allocator that changes the size of a block and keeps its contents. Buffers of the JDK and
 * arenas have a fixed size: their users allocate, copy and free, which is another thing.
 */
public interface ResizableBlocks extends BlockAllocator {

  /**
   * Makes the block {@code newSizeBytes} long and returns its new handle; the old one is gone. The
   * contents stay as far as both sizes reach.
   */
  long reallocate(int slot, long handle, int newSizeBytes);
}
