package io.quarry.child;

import io.quarry.allocator.SlabAllocator;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Says in lines of {@code name=value} how the maintenance thread behaves in a JVM of its own. */
public final class MaintenanceProbe {
  private static final String NAME = "quarry-maintenance";
  private static final int ALLOCATORS = 5;
  private static final int MOST_SECONDS = 30;

  private MaintenanceProbe() {}

  /** Takes no arguments. */
  public static void main(final String[] args) throws InterruptedException {
    say("threadsBefore", threads().size());
    final List<SlabAllocator> allocators = new ArrayList<>();
    for (int i = 0; i < ALLOCATORS; i++) {
      final SlabAllocator allocator = SlabAllocator.builder().capacity(64 << 20).build();
      allocator.malloc(100);
      allocator.malloc(100_000);
      allocator.free(allocator.malloc(2 << 20));
      allocators.add(allocator);
    }
    say("threads", threads().size());
    say("daemon", threads().get(0).isDaemon() ? 1 : 0);
    forget();
    Thread.sleep(1_500); // what was freed is returned, and there is nothing left to do
    final Thread agent = threads().get(0);
    final ThreadMXBean times = ManagementFactory.getThreadMXBean();
    final long before = times.getThreadCpuTime(agent.getId());
    Thread.sleep(1_500);
    say("idleCpuMicros", (times.getThreadCpuTime(agent.getId()) - before) / 1_000);
    System.gc();
    allocators.forEach(
        allocator -> {
          say("mapped", allocator.stats().idleBytes());
          allocator.close();
        });
    final long closed = System.nanoTime();
    while (!threads().isEmpty() && secondsSince(closed) < MOST_SECONDS) {
      Thread.sleep(20);
    }
    say("threadsAfter", threads().size());
    // A new one starts it again.
    try (SlabAllocator again = SlabAllocator.builder().capacity(64 << 20).build()) {
      again.free(again.malloc(2 << 20));
      final long freed = System.nanoTime();
      while (again.stats().mappedBytes() > 0 && secondsSince(freed) < MOST_SECONDS) {
        Thread.sleep(20);
      }
      say("mappedAgain", again.stats().mappedBytes());
      say("threadsAgain", threads().size());
    }
  }

  /** Leaves an allocator to the garbage collector that was never closed. */
  private static void forget() {
    SlabAllocator.builder().capacity(64 << 20).build().malloc(100);
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(NAME))
        .toList();
  }

  private static long secondsSince(final long nanoTime) {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - nanoTime);
  }

  private static void say(final String name, final long value) {
    System.out.println(name + "=" + value);
  }
}
