package io.quarry.bench.blocks;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.lwjgl.system.MemoryUtil;
import org.lwjgl.system.rpmalloc.RPmalloc;

/**
 * The rpmalloc that LWJGL brings along, by address. It wants to know of each thread that uses it; a
 * thread that it was not told of crashes the JVM or shares a heap it must not share.
 */
final class LwjglRpmallocBlocks extends AddressedBlocks
    implements ZeroedBlocks, ResizableBlocks, ByteBufferBlocks {

  LwjglRpmallocBlocks() {
    Lwjgl.configure();
    Process.initialize();
    threadStarts();
  }

  /** Why this JVM cannot load it; empty if it can. */
  static Optional<String> unavailable() {
    return Lwjgl.unavailable("rpmalloc", () -> new LwjglRpmallocBlocks().allocateAndFree());
  }

  @Override
  public void threadStarts() {
    if (!RPmalloc.rpmalloc_is_thread_initialized()) {
      RPmalloc.rpmalloc_thread_initialize();
    }
  }

  @Override
  public void threadEnds() {
    RPmalloc.rpmalloc_thread_finalize();
  }

  @Override
  public long allocate(int slot, int sizeBytes) {
    return present(RPmalloc.nrpmalloc(sizeBytes), sizeBytes);
  }

  @Override
  public long allocateZeroed(int slot, int sizeBytes) {
    return present(RPmalloc.nrpcalloc(1, sizeBytes), sizeBytes);
  }

  @Override
  public long reallocate(int slot, long handle, int newSizeBytes) {
    return present(RPmalloc.nrprealloc(handle, newSizeBytes), newSizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    RPmalloc.nrpfree(handle);
  }

  @Override
  public ByteBuffer byteBuffer(int slot, long handle, int sizeBytes) {
    return MemoryUtil.memByteBuffer(handle, sizeBytes);
  }

  private void allocateAndFree() {
    free(0, allocate(0, MIN_SIZE_BYTES));
  }

  /** One for the process: initialised once and, since threads may go on using it, never ended. */
  private static final class Process {

    static {
      // Its result says whether it failed, with 0 for success.
      if (RPmalloc.nrpmalloc_initialize(0) != 0) {
        throw new IllegalStateException("rpmalloc_initialize failed");
      }
    }

    static void initialize() {
      // The class is initialised by being asked.
    }
  }
}
