package io.quarry.bench.blocks;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.lwjgl.system.MemoryUtil;
import org.lwjgl.system.jemalloc.JEmalloc;

/** The jemalloc that LWJGL brings along, by address: the form that makes no buffer object. */
final class LwjglJemallocBlocks extends AddressedBlocks
    implements ZeroedBlocks, ResizableBlocks, ByteBufferBlocks {

  LwjglJemallocBlocks() {
    Lwjgl.configure();
  }

  /** Why this JVM cannot load it; empty if it can. */
  static Optional<String> unavailable() {
    return Lwjgl.unavailable("jemalloc", () -> new LwjglJemallocBlocks().allocateAndFree());
  }

  @Override
  public long allocate(int slot, int sizeBytes) {
    return present(JEmalloc.nje_malloc(sizeBytes), sizeBytes);
  }

  @Override
  public long allocateZeroed(int slot, int sizeBytes) {
    return present(JEmalloc.nje_calloc(1, sizeBytes), sizeBytes);
  }

  @Override
  public long reallocate(int slot, long handle, int newSizeBytes) {
    return present(JEmalloc.nje_realloc(handle, newSizeBytes), newSizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    JEmalloc.nje_free(handle);
  }

  @Override
  public ByteBuffer byteBuffer(int slot, long handle, int sizeBytes) {
    return MemoryUtil.memByteBuffer(handle, sizeBytes);
  }

  private void allocateAndFree() {
    free(0, allocate(0, MIN_SIZE_BYTES));
  }
}
