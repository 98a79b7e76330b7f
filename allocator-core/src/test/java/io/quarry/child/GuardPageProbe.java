package io.quarry.child;

import io.quarry.allocator.Checks;
import io.quarry.allocator.SlabAllocator;
import io.quarry.posix.NativeMemory;

/** Writes into a large block with all checks on, and then behind it, which should end this JVM. */
public final class GuardPageProbe {

  private static final long SIZE = 3 << 20;

  private GuardPageProbe() {}

  /** Takes no arguments. */
  public static void main(final String[] args) {
    try (SlabAllocator allocator =
        SlabAllocator.builder().capacity(64L << 20).checks(Checks.FULL).build()) {
      final long address = allocator.malloc(SIZE);
      NativeMemory.fill(address, SIZE, (byte) 1);
      System.out.println("inside is fine");
      NativeMemory.fill(address + SIZE, 1, (byte) 1);
      System.out.println("behind is fine");
    }
  }
}
