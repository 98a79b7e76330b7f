package io.quarry.child;

import io.quarry.allocator.AllocatorStats;
import io.quarry.allocator.OffHeapExhaustedException;
import io.quarry.allocator.SlabAllocator;
import java.time.Duration;
import java.util.Random;

/**
 * Goes on using an allocator while the Java heap is full, makes room in the Java heap, and looks
 * whether everything is in its place. To be run with a Java heap of a few megabytes.
 */
public final class FullJavaHeap {

  private static final int BLOCKS = 4_096;
  private static final int ROUNDS = 4;

  private static final long[] ADDRESSES = new long[BLOCKS];
  private static int live;
  private static int errors;

  @SuppressWarnings("unused") // keeps the Java heap full
  private static Object[] ballast;

  private FullJavaHeap() {}

  /** Takes a seed. */
  public static void main(String[] args) throws InterruptedException {
    final Random random = new Random(Long.parseLong(args[0]));
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(256 << 20)
            .regionSize(4 << 20)
            .idleTime(Duration.ofMillis(1))
            .build()) {
      use(allocator, random, 2_000); // all classes are loaded
      for (int round = 0; round < ROUNDS; round++) {
        fill();
        use(allocator, random, 60);
        ballast = null;
        check(allocator);
      }
      while (live > 0) {
        allocator.free(ADDRESSES[--live]);
      }
      allocator.trim();
      check(allocator);
      System.out.println("errors " + (errors > 0));
      allocator.free(allocator.malloc(9 << 20));
      final long deadline = System.nanoTime() + 10_000_000_000L;
      while (allocator.stats().idleBytes() > 0 && deadline - System.nanoTime() > 0) {
        Thread.sleep(5);
      }
      System.out.println("idle " + allocator.stats().idleBytes());
    }
    System.out.println("consistent");
  }

  private static void fill() {
    try {
      for (int bytes = 1 << 20; bytes >= 64; bytes = shrunk(bytes)) {
        final Object[] next = new Object[bytes / 4];
        next[0] = ballast;
        ballast = next;
      }
    } catch (OutOfMemoryError full) {
      // That was the aim.
    }
  }

  /** The largest arrays that still fit, down to the smallest. */
  private static int shrunk(int bytes) {
    int size = bytes;
    while (size >= 64) {
      try {
        final Object[] next = new Object[size / 4];
        next[0] = ballast;
        ballast = next;
      } catch (OutOfMemoryError tooLarge) {
        size /= 2;
      }
    }
    return size;
  }

  private static void use(SlabAllocator allocator, Random random, int steps) {
    for (int i = 0; i < steps; i++) {
      try {
        step(allocator, random);
      } catch (OutOfMemoryError expected) {
        errors++;
      }
    }
  }

  private static void step(SlabAllocator allocator, Random random) {
    final int kind = random.nextInt(16);
    try {
      if (kind < 8 && live < BLOCKS) {
        final long address = allocator.malloc(size(random));
        ADDRESSES[live++] = address;
      } else if (kind < 12 && live > 0) {
        final int index = random.nextInt(live);
        final long address = ADDRESSES[index];
        ADDRESSES[index] = ADDRESSES[--live];
        allocator.free(address);
      } else if (kind < 15 && live > 0) {
        final int index = random.nextInt(live);
        ADDRESSES[index] = allocator.realloc(ADDRESSES[index], size(random));
      } else if (kind == 15) {
        allocator.trim();
      }
    } catch (OffHeapExhaustedException limit) {
      // May be: everything else is looked at afterwards.
    }
  }

  private static long size(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextInt(9 << 20);
      case 1, 2 -> random.nextInt(1 << 20);
      default -> random.nextInt(9_000);
    };
  }

  private static void check(SlabAllocator allocator) {
    final AllocatorStats stats = allocator.stats(); // throws if it does not add up
    if (stats.liveBlocks() != live) {
      throw new AssertionError(stats.liveBlocks() + " live instead of " + live + "\n" + stats);
    }
    for (int i = 0; i < live; i++) {
      allocator.usableSize(ADDRESSES[i]);
    }
  }
}
