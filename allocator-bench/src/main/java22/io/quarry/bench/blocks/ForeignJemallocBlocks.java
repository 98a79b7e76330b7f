package io.quarry.bench.blocks;

/** The system's jemalloc through critical downcalls. */
final class ForeignJemallocBlocks extends ForeignBlocks {

  private static final CriticalCalls CALLS = CriticalCalls.of(ForeignLibrary.JEMALLOC);

  @Override
  public long allocate(int slot, int sizeBytes) {
    return present(CALLS.allocate(sizeBytes), sizeBytes);
  }

  @Override
  public long allocateZeroed(int slot, int sizeBytes) {
    return present(CALLS.allocateZeroed(sizeBytes), sizeBytes);
  }

  @Override
  public long reallocate(int slot, long handle, int newSizeBytes) {
    return present(CALLS.reallocate(handle, newSizeBytes), newSizeBytes);
  }

  @Override
  public void free(int slot, long handle) {
    CALLS.release(handle);
  }
}
