package io.quarry.child;

import io.quarry.posix.Advice;
import io.quarry.posix.Mapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;

/**
 * Forks, which a JVM can do only if the child does nothing but wait, and looks at what the child
 * has inherited.
 */
public final class ForkProbe {

  private static final int SIGKILL = 9;

  /** What C offers, and nobody should use from Java. */
  public interface Processes {

    /** Returns 0 in the child. */
    int fork();

    /** Waits for a signal. */
    int pause();

    /** Sends a signal. */
    int kill(int process, int signal);

    /** Waits for the end of a child. */
    int waitpid(int process, long status, int options);
  }

  private ForkProbe() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    final Processes processes = LibraryLoader.create(Processes.class).load("c");
    final int nobody = 1 << 30;
    processes.kill(nobody, 0); // Everything is loaded and linked before the fork.
    processes.waitpid(nobody, 0, 0);
    try (Mapping inherited = Mapping.anonymous(1 << 16).map();
        Mapping kept = Mapping.anonymous(1 << 16).map()) {
      kept.advise(Advice.DONTFORK);
      final int child = processes.fork();
      if (child == 0) {
        while (true) {
          processes.pause();
        }
      }
      try {
        System.out.println("inherited " + isMapped(child, inherited.address()));
        System.out.println("kept " + isMapped(child, kept.address()));
        kept.advise(Advice.DOFORK);
      } finally {
        processes.kill(child, SIGKILL);
        processes.waitpid(child, 0, 0);
      }
    }
  }

  private static boolean isMapped(int process, long address) throws IOException {
    return Files.readAllLines(Path.of("/proc", Integer.toString(process), "maps")).stream()
        .map(line -> line.split("[- ]"))
        .anyMatch(
            line ->
                Long.compareUnsigned(Long.parseUnsignedLong(line[0], 16), address) <= 0
                    && Long.compareUnsigned(address, Long.parseUnsignedLong(line[1], 16)) < 0);
  }
}
