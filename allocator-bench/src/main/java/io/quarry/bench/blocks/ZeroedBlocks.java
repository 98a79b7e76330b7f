package io.quarry.bench.blocks;

/** An allocator that has blocks full of zeros to give, or whose users clear them by one call. */
public interface ZeroedBlocks extends BlockAllocator {

  /** Allocates a block of {@code sizeBytes} that holds zeros and returns its handle. */
  long allocateZeroed(int slot, int sizeBytes);
}
