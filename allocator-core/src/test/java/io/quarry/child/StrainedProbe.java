package io.quarry.child;

import io.quarry.allocator.AllocatorStats;
import io.quarry.allocator.OffHeapExhaustedException;
import io.quarry.allocator.SlabAllocator;
import io.quarry.posix.LockAllFlag;
import io.quarry.posix.MapFlag;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/**
 * Uses an allocator where the kernel has little left to give, and prints what became of it. All
 * blocks are written to, and looked at before they are freed. For {@code maps} to be run with
 * {@code -Xint}: a compiler that finds no memory ends the JVM.
 */
public final class StrainedProbe {

  private static final long MIB = 1L << 20;
  private static final Set<Protection> READ_WRITE = EnumSet.of(Protection.READ, Protection.WRITE);
  private static final Set<Protection> NONE = EnumSet.noneOf(Protection.class);
  private static final Set<MapFlag> RESERVED =
      EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.NORESERVE);

  private static final int BLOCKS = 512;
  private static final int STEPS = 1_500;
  private static final long MOST_WAITED_NANOS = 10_000_000_000L;

  /** Mappings that are left when the allocator is used, about: all others are ballast. */
  private static final int[] MAPPINGS_LEFT = {4, 0};

  private static final long[] ADDRESSES = new long[BLOCKS];
  private static final int[] SIZES = new int[BLOCKS];
  private static int live;
  private static int refusals;

  private StrainedProbe() {}

  /** Takes {@code maps}, or {@code locked} for the whole process being locked into memory. */
  public static void main(String[] args) throws InterruptedException {
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(64 * MIB)
            .regionSize(2 * MIB)
            .idleTime(Duration.ofMillis(2))
            .build()) {
      use(allocator, new Random(1), STEPS); // all classes are loaded
      freeAll(allocator);
      if (args[0].equals("maps")) {
        withFewMappings(allocator);
      } else {
        locked(allocator);
      }
    }
    System.out.println("consistent");
  }

  // --- near vm.max_map_count ---------------------------------------------------------------------

  private static void withFewMappings(SlabAllocator allocator) throws InterruptedException {
    rehearse(allocator);
    for (final int left : MAPPINGS_LEFT) {
      final Random random = new Random(left);
      allocateSome(allocator, random);
      refusals = 0;
      final Ballast ballast = Ballast.leaving(left);
      use(allocator, random, STEPS);
      ballast.drop();
      System.out.println(ballast.error + ", some refused " + (refusals > 0));
      check(allocator);
      refusals = 0;
      use(allocator, random, STEPS);
      freeAll(allocator);
      System.out.println("again, some refused " + (refusals > 0));
      awaitNothingMapped(allocator);
    }
  }

  /** A JVM that has to load a class, or to make room for one, needs mappings too, and would end. */
  private static void rehearse(SlabAllocator allocator) throws InterruptedException {
    final Ballast small = Ballast.of(16, 2);
    small.drop();
    try {
      Posix.host().mprotect(1, 1, READ_WRITE);
    } catch (PosixException invalid) {
      System.out.println("rehearsed " + invalid.error() + small.error);
    }
    try (SlabAllocator large = SlabAllocator.builder().capacity(1L << 47).build()) {
      large.malloc(1L << 46);
    } catch (OffHeapExhaustedException tooLarge) {
      System.out.println("rehearsed " + tooLarge.reason());
    }
    use(allocator, new Random(3), STEPS);
    freeAll(allocator);
    awaitNothingMapped(allocator);
  }

  /** Mappings that are of no use but to use up what the process may have. */
  private static final class Ballast {
    final long address;
    final long length;
    final String error;

    private Ballast(long address, long length, String error) {
      this.address = address;
      this.length = length;
      this.error = error;
    }

    /** So many that this number of mappings is left, or one more. */
    static Ballast leaving(int left) {
      return of(1 << 18, left);
    }

    static Ballast of(long pages, int left) {
      final Posix posix = Posix.host();
      final int page = posix.pageSize();
      final long address = posix.mmap(0, pages * page, NONE, RESERVED, Posix.NO_FILE, 0);
      // Each page that differs from its neighbours is a mapping, and so is what is beside it.
      long at = address + page;
      String error = "never full";
      while (error.equals("never full") && at < address + pages * page) {
        try {
          posix.mprotect(at, page, READ_WRITE);
          at += 2L * page;
        } catch (PosixException refused) {
          error = refused.error().name();
        }
      }
      for (int i = 0; i < left / 2; i++) {
        at -= 2L * page;
        posix.mprotect(at, page, NONE);
      }
      return new Ballast(address, pages * page, error);
    }

    void drop() {
      Posix.host().munmap(address, length);
    }
  }

  // --- mlockall ----------------------------------------------------------------------------------

  private static void locked(SlabAllocator allocator) throws InterruptedException {
    try {
      Posix.host().mlockall(EnumSet.of(LockAllFlag.CURRENT, LockAllFlag.FUTURE));
    } catch (PosixException refused) {
      System.out.println("not permitted: " + refused.error());
      return;
    }
    use(allocator, new Random(7), STEPS);
    freeAll(allocator);
    System.out.println("some refused " + (refusals > 0));
    awaitNothingMapped(allocator);
  }

  // --- use ---------------------------------------------------------------------------------------

  private static void allocateSome(SlabAllocator allocator, Random random) {
    for (int i = 0; i < BLOCKS / 2; i++) {
      allocate(allocator, random);
    }
  }

  private static void use(SlabAllocator allocator, Random random, int steps) {
    for (int i = 0; i < steps; i++) {
      if (live < BLOCKS && random.nextInt(5) < 3) {
        allocate(allocator, random);
      } else if (live > 0 && random.nextInt(4) == 0) {
        reallocate(allocator, random, random.nextInt(live));
      } else if (live > 0) {
        free(allocator, random.nextInt(live));
      }
      if (i % 500 == 0) {
        allocator.trim();
        check(allocator);
      }
    }
  }

  private static void freeAll(SlabAllocator allocator) {
    while (live > 0) {
      free(allocator, 0);
    }
  }

  private static void allocate(SlabAllocator allocator, Random random) {
    try {
      SIZES[live] = size(random);
      ADDRESSES[live] = allocator.malloc(SIZES[live]);
      stamp(live);
      live++;
    } catch (OffHeapExhaustedException refused) {
      refused(refused);
    }
  }

  private static void reallocate(SlabAllocator allocator, Random random, int index) {
    verify(index);
    final int size = size(random);
    try {
      ADDRESSES[index] = allocator.realloc(ADDRESSES[index], size);
      SIZES[index] = size;
      stamp(index);
    } catch (OffHeapExhaustedException refused) {
      refused(refused);
      verify(index);
    }
  }

  private static void free(SlabAllocator allocator, int index) {
    verify(index);
    allocator.free(ADDRESSES[index]);
    live--;
    ADDRESSES[index] = ADDRESSES[live];
    SIZES[index] = SIZES[live];
  }

  private static void refused(OffHeapExhaustedException refused) {
    switch (refused.reason()) {
      case LIMIT -> {}
      case OS_REFUSED -> refusals++;
      default -> throw refused;
    }
  }

  private static int size(Random random) {
    return switch (random.nextInt(10)) {
      case 0 -> 1 + random.nextInt(3 << 20);
      case 1, 2 -> 1 + random.nextInt(200_000);
      default -> 1 + random.nextInt(9_000);
    };
  }

  private static void stamp(int index) {
    final long address = ADDRESSES[index];
    NativeMemory.fill(address, 1, (byte) 1);
    NativeMemory.fill(address + SIZES[index] - 1, 1, stampOf(index));
  }

  private static byte stampOf(int index) {
    return (byte) (ADDRESSES[index] >>> 4 ^ SIZES[index]);
  }

  private static void verify(int index) {
    final long last = ADDRESSES[index] + SIZES[index] - 1;
    if (NativeMemory.byteBuffer(last, 1).get(0) != stampOf(index)) {
      throw new AssertionError(String.format("0x%x was overwritten", last));
    }
  }

  private static void check(SlabAllocator allocator) {
    final AllocatorStats stats = allocator.stats(); // throws if it does not add up
    if (stats.liveBlocks() != live || stats.misuseCount() != 0) {
      throw new AssertionError(stats.liveBlocks() + " live instead of " + live + "\n" + stats);
    }
  }

  private static void awaitNothingMapped(SlabAllocator allocator) throws InterruptedException {
    final long deadline = System.nanoTime() + MOST_WAITED_NANOS;
    while (allocator.stats().mappedBytes() > 0 && deadline - System.nanoTime() > 0) {
      allocator.trim();
      Thread.sleep(5);
    }
    System.out.println("mapped " + allocator.stats().mappedBytes());
  }
}
