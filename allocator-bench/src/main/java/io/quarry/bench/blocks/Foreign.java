package io.quarry.bench.blocks;

import java.util.Optional;

/**
 * The allocators that are called through {@code java.lang.foreign}, as a JVM has them that cannot
 * call them: none. The jar holds another class of this name for JDK 22 and newer, if it was built
 * with one.
 */
final class Foreign {

  static final int SINCE = 22;

  private Foreign() {}

  /** A library of the system's, or the C library. */
  static BlockAllocator open(ForeignLibrary library) {
    throw new UnsupportedOperationException(reason());
  }

  /** Why the library cannot be called; empty if it can. */
  static Optional<String> unavailable(ForeignLibrary library) {
    return Optional.of(reason());
  }

  /** An arena for each block, which any thread may close. */
  static BlockAllocator sharedArenas(int slots) {
    throw new UnsupportedOperationException(reason());
  }

  /** An arena for each block, which only the thread that opened it may use. */
  static BlockAllocator confinedArenas(int slots) {
    throw new UnsupportedOperationException(reason());
  }

  /** Why there are no arenas; empty if there are. */
  static Optional<String> arenasUnavailable() {
    return Optional.of(reason());
  }

  private static String reason() {
    final int feature = Runtime.version().feature();
    return feature < SINCE
        ? "java.lang.foreign needs JDK 22 or newer, and this is JDK " + feature
        : "the benchmarks were built with a JDK before 22; build them with this one (remove"
            + " allocator-bench/target and run bench again)";
  }
}
