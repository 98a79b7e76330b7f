package io.quarry.bench.blocks;

/** mimalloc through critical downcalls. */
final class ForeignMimallocBlocks extends ForeignBlocks {

  private static final CriticalCalls CALLS = CriticalCalls.of(ForeignLibrary.MIMALLOC);

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
