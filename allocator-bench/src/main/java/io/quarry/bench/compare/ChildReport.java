package io.quarry.bench.compare;

import io.quarry.bench.measure.Measurement;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a child JVM writes to its parent, as one line of JSON.
 *
 * @param collector the garbage collector it ran with
 * @param unavailable why it cannot run the allocator, or null
 * @param measurements what it measured; empty if it could not
 */
record ChildReport(String collector, String unavailable, List<Measurement> measurements) {

  /** The report of this JVM. */
  static ChildReport of(String unavailable, List<Measurement> measurements) {
    return new ChildReport(collectors(), unavailable, measurements);
  }

  private static String collectors() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .map(GarbageCollectorMXBean::getName)
        .collect(Collectors.joining(", "));
  }
}
