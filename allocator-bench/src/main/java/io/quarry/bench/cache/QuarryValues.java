package io.quarry.bench.cache;

import io.quarry.allocator.AllocatorStats;
import io.quarry.allocator.MemoryPressure;
import io.quarry.allocator.OffHeapExhaustedException;
import io.quarry.allocator.SharedBlock;
import io.quarry.allocator.SlabAllocator;
import io.quarry.bench.blocks.BlockAllocator;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/** Values in Quarry's shared blocks, which count references themselves. */
final class QuarryValues implements ValueStore {

  /** From this share of the limit on, the cache is asked to evict. */
  private static final double PRESSURE_SHARE = 0.85;

  /** What it is asked for at least: this part of the limit; and where somebody is waiting. */
  private static final int LEAST_PART = 64;

  private static final int URGENT_PART = 16;

  private final long limitBytes;
  private final SlabAllocator allocator;
  private final LongAdder exhaustions = new LongAdder();

  QuarryValues(long limitBytes) {
    this.limitBytes = limitBytes;
    this.allocator = SlabAllocator.builder().capacity(limitBytes).build();
  }

  @Override
  public CacheValue create(int sizeBytes, long identity) {
    final SharedBlock block;
    try {
      block = allocator.newSharedBlock(sizeBytes);
    } catch (OffHeapExhaustedException e) {
      exhaustions.increment();
      return null;
    }
    return new Value(block, identity);
  }

  @Override
  public void onPressure(LongConsumer evict) {
    allocator.addPressureListener(
        PRESSURE_SHARE,
        pressure -> evict.accept(Math.max(pressure.excessBytes(), leastFor(pressure.cause()))));
  }

  private long leastFor(MemoryPressure.Cause cause) {
    return cause == MemoryPressure.Cause.REQUEST_REFUSED
        ? limitBytes / URGENT_PART
        : limitBytes / LEAST_PART;
  }

  @Override
  public void describe(Map<String, Double> metrics) {
    final AllocatorStats stats = allocator.stats();
    metrics.put("mappedBytes", (double) stats.mappedBytes());
    metrics.put("unmappedBytes", (double) stats.unmappedBytes());
    metrics.put("limitBytes", (double) limitBytes);
    metrics.put("exhaustions", exhaustions.doubleValue());
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
