package io.quarry.bench.cache;

import io.quarry.allocator.AllocatorStats;
import io.quarry.allocator.SharedBlock;
import io.quarry.allocator.SlabAllocator;
import io.quarry.bench.blocks.BlockAllocator;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** Values in Quarry's shared blocks, which count references themselves. */
final class QuarryValues implements ValueStore {

  private final SlabAllocator allocator = SlabAllocator.create();

  @Override
  public CacheValue create(int sizeBytes, long identity) {
    return new Value(allocator.newSharedBlock(sizeBytes), identity);
  }

  @Override
  public void describe(Map<String, Double> metrics) {
    final AllocatorStats stats = allocator.stats();
    metrics.put("mappedBytes", (double) stats.mappedBytes());
    metrics.put("unmappedBytes", (double) stats.unmappedBytes());
  }

  @Override
  public void close() {
    allocator.close();
  }

  private static final class Value implements CacheValue {

    private final SharedBlock block;

    /** Kept, as a direct buffer is: it may be touched by whoever holds a reference. */
    private final UnsafeBuffer buffer;

    Value(SharedBlock block, long identity) {
      this.block = block;
      this.buffer = block.buffer();
      buffer.putLong(0, identity);
      final int last = sizeBytes() - Long.BYTES;
      for (int offset = BlockAllocator.PAGE_BYTES;
          offset < last;
          offset += BlockAllocator.PAGE_BYTES) {
        buffer.putByte(offset, (byte) identity);
      }
      buffer.putLong(last, ~identity);
    }

    @Override
    public boolean tryRetain() {
      return block.tryRetain();
    }

    @Override
    public void release() {
      block.close();
    }

    @Override
    public int sizeBytes() {
      return (int) block.size();
    }

    @Override
    public boolean belongsTo(long identity) {
      return buffer.getLong(0) == identity && buffer.getLong(sizeBytes() - Long.BYTES) == ~identity;
    }
  }
}
