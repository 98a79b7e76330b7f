package io.quarry.bench.blocks;

import java.nio.ByteBuffer;

/** An allocator whose blocks can be seen as a {@link ByteBuffer} by a supported call. */
public interface ByteBufferBlocks extends BlockAllocator {

  /** The block as a buffer of {@code sizeBytes}; it must not be touched once the block is freed. */
  ByteBuffer byteBuffer(int slot, long handle, int sizeBytes);
}
