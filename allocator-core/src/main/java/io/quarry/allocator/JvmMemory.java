package io.quarry.allocator;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.OptionalLong;

/**
 * What the JVM says of its own limits and of the machine, in bytes. Works without the module {@code
 * jdk.management} and on JVMs without HotSpot's beans, then with what {@link Runtime} knows. Safe
 * for use by several threads.
 */
final class JvmMemory {

  private JvmMemory() {}

  /** The most that the Java heap may grow to. */
  static long maxHeapBytes() {
    // Runtime leaves out one survivor space with some collectors; the option has it all.
    return Math.max(Runtime.getRuntime().maxMemory(), option("MaxHeapSize").orElse(0));
  }

  /** The most that the JDK's own direct buffers may hold together. */
  static long maxDirectBytes() {
    final long option = option("MaxDirectMemorySize").orElse(0);
    // 0 stands for the default, and that is what Runtime says.
    return option > 0 ? option : Runtime.getRuntime().maxMemory();
  }

  /** The machine's, or the container's, memory; empty if it cannot be told. */
  static OptionalLong machineBytes() {
    try {
      return Beans.machineBytes();
    } catch (final LinkageError | RuntimeException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalLong option(String name) {
    try {
      return Beans.option(name);
    } catch (final LinkageError | RuntimeException e) {
      // No such module, no such bean, no such option, or not a number.
      return OptionalLong.empty();
    }
  }

  /** A class of its own, so that JvmMemory itself can be linked without the beans' module. */
  private static final class Beans {

    static OptionalLong option(String name) {
      final HotSpotDiagnosticMXBean bean =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return bean == null
          ? OptionalLong.empty()
          : OptionalLong.of(Long.parseLong(bean.getVMOption(name).getValue()));
    }

    static OptionalLong machineBytes() {
      final OperatingSystemMXBean bean =
          ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
      return bean == null || bean.getTotalMemorySize() <= 0
          ? OptionalLong.empty()
          : OptionalLong.of(bean.getTotalMemorySize());
    }
  }
}
