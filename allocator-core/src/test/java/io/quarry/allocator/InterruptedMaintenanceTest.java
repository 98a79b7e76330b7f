package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The maintenance thread is ours: an interrupt from outside must not end what it does. */
class InterruptedMaintenanceTest {

  @Test
  void idleMemoryIsReturnedAfterAnInterrupt() throws InterruptedException {
    try (SlabAllocator allocator =
        SlabAllocator.builder().capacity(64 << 20).idleTime(Duration.ofMillis(20)).build()) {
      for (int round = 0; round < 5; round++) {
        maintenanceThread().interrupt();
        allocator.free(allocator.malloc(5 << 20));
        final long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (allocator.stats().mappedBytes() > 0 && deadline - System.nanoTime() > 0) {
          Thread.sleep(5);
        }
        assertThat(allocator.stats().mappedBytes()).isZero();
      }
    }
  }

  @Test
  void theThreadIsNotInTheGroupOfWhoeverMadeTheFirstAllocator() {
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(1 << 20).build()) {
      assertThat(allocator.stats().mappedBytes()).isZero();
      assertThat(maintenanceThread().getThreadGroup().getParent()).isNull();
    }
  }

  private static Thread maintenanceThread() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("quarry-maintenance"))
        .findFirst()
        .orElseThrow();
  }
}
