package io.quarry.bench.blocks;

import java.util.Optional;
import org.lwjgl.system.Configuration;

/** What LWJGL's allocators have in common. */
final class Lwjgl {

  private Lwjgl() {}

  /** As in a release build: without the checks that LWJGL offers for development. */
  static void configure() {
    // Read once, by a class that the first call into LWJGL initialises.
    Configuration.DISABLE_CHECKS.set(true);
  }

  /** Why {@code attempt} fails in this JVM; empty if it does not. */
  static Optional<String> unavailable(String library, Runnable attempt) {
    try {
      attempt.run();
      return Optional.empty();
    } catch (LinkageError | RuntimeException e) {
      return Optional.of(
          "LWJGL cannot load "
              + library
              + " on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + ": "
              + e
              + "; only its natives for Linux on x86-64 are built in, and the temporary directory"
              + " they are unpacked to (java.io.tmpdir) must allow execution");
    }
  }
}
