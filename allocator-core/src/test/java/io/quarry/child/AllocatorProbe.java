package io.quarry.child;

import io.quarry.allocator.OffHeapExhaustedException;
import io.quarry.allocator.SlabAllocator;
import java.util.ArrayList;
import java.util.List;

/** Uses an allocator as a program would, and prints a line about each thing that it tried. */
public final class AllocatorProbe {

  private static final long MIB = 1L << 20;

  private AllocatorProbe() {}

  /** Takes {@code views} or {@code limit}. */
  public static void main(String[] args) {
    if (args[0].equals("views")) {
      views();
    } else {
      limit();
    }
  }

  private static void views() {
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(64 * MIB).build()) {
      final long address = allocator.calloc(10, 10);
      allocator.byteBuffer(address, 100).putInt(96, 7);
      System.out.println("read " + allocator.byteBuffer(address, 100).getInt(96));
      for (int i = 0; i < 2; i++) {
        try {
          allocator.buffer(address, 100).putInt(0, 9);
          System.out.println("buffer " + allocator.byteBuffer(address, 100).get(0));
        } catch (IllegalStateException e) {
          System.out.println("refused: " + e.getMessage());
        }
      }
      allocator.free(address);
      System.out.println("live " + allocator.stats().liveBlocks());
    }
  }

  /** Allocates until the operating system refuses, lets go of it all, and does it again. */
  private static void limit() {
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(1L << 40).build()) {
      long most = 0;
      for (int round = 0; round < 3; round++) {
        final List<Long> blocks = new ArrayList<>();
        String refused = null;
        while (refused == null) {
          try {
            blocks.add(allocator.malloc(round == 1 ? 24 * MIB : MIB));
          } catch (OffHeapExhaustedException e) {
            refused = e.reason() + " " + e.getMessage().lines().findFirst().orElse("");
            System.out.println(refused + " cause " + (e.getCause() != null));
          }
        }
        most = Math.max(most, allocator.stats().liveBytes());
        System.out.println("tryMalloc " + allocator.tryMalloc(24 * MIB));
        blocks.forEach(allocator::free);
        allocator.trim();
        System.out.println("mapped " + allocator.stats().mappedBytes());
      }
      System.out.println("most " + most / MIB);
      allocator.free(allocator.malloc(100));
      System.out.println("goes on");
    }
  }
}
