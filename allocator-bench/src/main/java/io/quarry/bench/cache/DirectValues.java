package io.quarry.bench.cache;

import io.quarry.bench.blocks.BufferCleaner;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * Values in direct buffers that are freed explicitly. The buffers count no references, so a holder
 * does, at the least cost there is: one field and compare-and-set.
 */
final class DirectValues implements ValueStore {

  @Override
  public CacheValue create(int sizeBytes, long identity) {
    return new Value(BufferContents.create(sizeBytes, identity));
  }

  @Override
  public void close() {}

  private static final class Value implements CacheValue {

    private static final VarHandle REFERENCES;

    static {
      try {
        REFERENCES = MethodHandles.lookup().findVarHandle(Value.class, "references", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final ByteBuffer buffer;

    /** Accessed through {@link #REFERENCES} once the value is shared. */
    private volatile int references = 1;

    Value(ByteBuffer buffer) {
      this.buffer = buffer;
    }

    @Override
    public boolean tryRetain() {
      for (int count = references; count > 0; count = references) {
        if (REFERENCES.compareAndSet(this, count, count + 1)) {
          return true;
        }
      }
      return false;
    }

    @Override
    public void release() {
      if ((int) REFERENCES.getAndAdd(this, -1) == 1) {
        BufferCleaner.free(buffer);
      }
    }

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
