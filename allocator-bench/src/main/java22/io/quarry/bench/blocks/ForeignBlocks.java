package io.quarry.bench.blocks;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Blocks of a native allocator, seen as memory segments. */
abstract class ForeignBlocks extends AddressedBlocks
    implements ZeroedBlocks, ResizableBlocks, ByteBufferBlocks {

  @Override
  public final long throughView(int slot, long handle, int sizeBytes, long value) {
    return throughSegment(segment(handle, sizeBytes), sizeBytes, value);
  }

  @Override
  public final ByteBuffer byteBuffer(int slot, long handle, int sizeBytes) {
    return segment(handle, sizeBytes).asByteBuffer();
  }

  static long throughSegment(MemorySegment segment, int sizeBytes, long value) {
    segment.set(JAVA_LONG_UNALIGNED, 0, value);
    segment.set(JAVA_LONG_UNALIGNED, sizeBytes - Long.BYTES, value);
    return segment.get(JAVA_LONG_UNALIGNED, 0);
  }

  private static MemorySegment segment(long address, int sizeBytes) {
    return MemorySegment.ofAddress(address).reinterpret(sizeBytes);
  }
}
