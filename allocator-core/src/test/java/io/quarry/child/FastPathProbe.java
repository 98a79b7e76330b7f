package io.quarry.child;

import io.quarry.allocator.SlabAllocator;

/** Allocates and frees in a loop, long enough for the compiler to take it up. */
public final class FastPathProbe {

  private static final int ROUNDS = 200;
  private static final int PAIRS = 20_000;

  private FastPathProbe() {}

  /** Takes no arguments. */
  public static void main(String[] args) {
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(64 << 20).build()) {
      for (int round = 0; round < ROUNDS; round++) {
        pairs(allocator, PAIRS);
      }
    }
  }

  private static void pairs(SlabAllocator allocator, int count) {
    for (int i = 0; i < count; i++) {
      allocator.free(allocator.malloc(i & 1023));
    }
  }
}
