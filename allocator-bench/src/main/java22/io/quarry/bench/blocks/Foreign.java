package io.quarry.bench.blocks;

import java.util.Optional;

/** The allocators that are called through {@code java.lang.foreign}, on JDK 22 and newer. */
final class Foreign {

  private Foreign() {}

  /** A library of the system's, or the C library. */
  static BlockAllocator open(ForeignLibrary library) {
    // A class for each: what it calls must be a constant, or the call is not compiled into a jump.
    return switch (library) {
      case MALLOC -> new ForeignMallocBlocks();
      case MIMALLOC -> new ForeignMimallocBlocks();
      case JEMALLOC -> new ForeignJemallocBlocks();
      case TCMALLOC -> new ForeignTcmallocBlocks();
    };
  }

  /** Why the library cannot be called; empty if it can. */
  static Optional<String> unavailable(ForeignLibrary library) {
    try {
      CriticalCalls.of(library);
      return Optional.empty();
    } catch (RuntimeException e) {
      return Optional.of(
          "cannot load "
              + library.fileName()
              + " ("
              + e.getMessage()
              + "); "
              + library.installation());
    }
  }

  /** An arena for each block, which any thread may close. */
  static BlockAllocator sharedArenas(int slots) {
    return ArenaBlocks.shared(slots);
  }

  /** An arena for each block, which only the thread that opened it may use. */
  static BlockAllocator confinedArenas(int slots) {
    return ArenaBlocks.confined(slots);
  }

  /** Why there are no arenas; empty if there are. */
  static Optional<String> arenasUnavailable() {
    return Optional.empty();
  }
}
