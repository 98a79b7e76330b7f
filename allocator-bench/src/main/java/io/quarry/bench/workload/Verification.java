package io.quarry.bench.workload;

/** Every workload is a test of the allocator too. */
final class Verification {

  private Verification() {}

  /** Throws unless {@code holds}: two blocks overlapped, or one was freed while in use. */
  static void require(boolean holds, String workload, int slot, int sizeBytes) {
    if (!holds) {
      throw damaged(workload, slot, sizeBytes);
    }
  }

  private static IllegalStateException damaged(String workload, int slot, int sizeBytes) {
    return new IllegalStateException(
        workload
            + ": the block of "
            + sizeBytes
            + " bytes in slot "
            + slot
            + " no longer holds what was written to it");
  }
}
