package io.quarry.bench.cache;

import java.nio.ByteBuffer;

/**
 * Values in direct buffers that are left to the garbage collector, which also keeps readers safe.
 */
final class DroppedValues implements ValueStore {

  @Override
  public CacheValue create(int sizeBytes, long identity) {
    return new Value(BufferContents.create(sizeBytes, identity));
  }

  @Override
  public void close() {}

  private record Value(ByteBuffer buffer) implements CacheValue {

    @Override
    public boolean tryRetain() {
      return true;
    }

    @Override
    public void release() {}

    @Override
    public int sizeBytes() {
      return buffer.capacity();
    }

    @Override
    public boolean belongsTo(long identity) {
      return BufferContents.belongTo(buffer, identity);
    }
  }
}
