package io.quarry.child;

import io.quarry.allocator.SlabAllocator;

/** Methods that are the fast path and nothing else, called until the compiler has compiled them. */
public final class MachineCodeProbe {

  private static final int ROUNDS = 200;
  private static final int BLOCKS = 1_000;

  private MachineCodeProbe() {}

  /** Takes no arguments. */
  public static void main(String[] args) {
    final long[] blocks = new long[BLOCKS];
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(64 << 20).build()) {
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < BLOCKS; i++) {
          blocks[i] = malloc(allocator);
        }
        for (int i = 0; i < BLOCKS; i++) {
          free(allocator, blocks[i]);
        }
        for (int i = 0; i < BLOCKS; i++) {
          pair(allocator);
        }
      }
    }
  }

  private static long malloc(SlabAllocator allocator) {
    return allocator.malloc(64);
  }

  private static void free(SlabAllocator allocator, long address) {
    allocator.free(address);
  }

  private static void pair(SlabAllocator allocator) {
    allocator.free(allocator.malloc(64));
  }
}
