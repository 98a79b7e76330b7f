package io.quarry.allocator;

import io.quarry.posix.NativeMemory;
import io.quarry.region.Region;
import io.quarry.slab.Slab;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Makes buffers over blocks. */
final class Views {

  private Views() {}

  /** A length as buffers understand it. */
  static int lengthOf(final long size) {
    if (size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a block of "
              + size
              + " bytes does not fit one buffer, which holds at most 2147483647: make views of its"
              + " parts with SlabAllocator.byteBuffer(address, length) or buffer(address, length)");
    }
    return (int) size;
  }

  /** By slicing the buffer of the region, which is many times faster than making one. */
  static ByteBuffer byteBuffer(final Slab slab, final long address, final int length) {
    final Region region = slab.run().region();
    return region.hasWindow()
        ? region.window().slice((int) (address - region.base()), length)
        : byteBuffer(address, length);
  }

  /** By making one. */
  static ByteBuffer byteBuffer(final long address, final int length) {
    return NativeMemory.byteBuffer(address, length);
  }

  /** Agrona's classes are touched here only, so that all else works where they may not be. */
  static UnsafeBuffer unsafeBuffer(final long address, final int length) {
    if (Agrona.REFUSAL != null) {
      throw new IllegalStateException(
          "Agrona's buffers need the JVM option --add-opens=java.base/jdk.internal.misc="
              + Agrona.moduleName()
              + "; byteBuffer(address, length) works without it",
          Agrona.REFUSAL);
    }
    return new UnsafeBuffer(address, length);
  }

  /** Whether Agrona can touch memory: a buffer that cannot is made, but throws when it is used. */
  private static final class Agrona {
    static final Throwable REFUSAL = refusal();

    private static Throwable refusal() {
      try {
        new UnsafeBuffer(new byte[Long.BYTES]).getLong(0);
        return null;
      } catch (final IllegalAccessError | ExceptionInInitializerError | NoClassDefFoundError e) {
        return e;
      }
    }

    private static String moduleName() {
      final Module module = UnsafeBuffer.class.getModule();
      return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }
  }
}
