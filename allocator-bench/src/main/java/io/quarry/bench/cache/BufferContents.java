package io.quarry.bench.cache;

import io.quarry.bench.blocks.BlockAllocator;
import java.nio.ByteBuffer;

/** What values in direct buffers have in common: how identity is written and read. */
final class BufferContents {

  private BufferContents() {}

  static ByteBuffer create(int sizeBytes, long identity) {
    final ByteBuffer buffer = ByteBuffer.allocateDirect(sizeBytes);
    buffer.putLong(0, identity);
    final int last = sizeBytes - Long.BYTES;
    for (int offset = BlockAllocator.PAGE_BYTES;
        offset < last;
        offset += BlockAllocator.PAGE_BYTES) {
      buffer.put(offset, (byte) identity);
    }
    buffer.putLong(last, ~identity);
    return buffer;
  }

  static boolean belongTo(ByteBuffer buffer, long identity) {
    return buffer.getLong(0) == identity
        && buffer.getLong(buffer.capacity() - Long.BYTES) == ~identity;
  }
}
