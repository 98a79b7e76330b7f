package io.quarry.bench.blocks;

import java.util.ArrayList;
import java.util.List;

/** What JVMs that run the allocators are started with, for the version of this one. */
final class JvmFlags {

  private static final int NATIVE_ACCESS_SINCE = 22;
  private static final int UNSAFE_MEMORY_ACCESS_SINCE = 23;

  private JvmFlags() {}

  /** What touching memory through Agrona needs, and calls into native libraries. */
  static List<String> common() {
    final List<String> flags = new ArrayList<>();
    flags.add("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
    if (Runtime.version().feature() >= NATIVE_ACCESS_SINCE) {
      flags.add("--enable-native-access=ALL-UNNAMED");
    }
    return flags;
  }

  /**
   * Netty is at its best with {@code sun.misc.Unsafe}, which it does not try on JDK 25 unless it is
   * allowed, and with chunks that need no cleaner.
   */
  static List<String> ofNetty() {
    final List<String> flags = withUnsafe();
    flags.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
    flags.add("-Dio.netty.tryReflectionSetAccessible=true");
    return flags;
  }

  /** LWJGL looks for {@code sun.misc.Unsafe} when it starts. */
  static List<String> ofLwjgl() {
    return withUnsafe();
  }

  private static List<String> withUnsafe() {
    final List<String> flags = common();
    if (Runtime.version().feature() >= UNSAFE_MEMORY_ACCESS_SINCE) {
      flags.add("--sun-misc-unsafe-memory-access=allow");
    }
    return flags;
  }
}
