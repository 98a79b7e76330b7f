package io.quarry.bench.compare;

import java.io.IOException;

/** Ends a child JVM whose parent is gone. */
final class ParentWatch {

  private static final int ORPHANED = 3;

  private ParentWatch() {}

  /** The parent holds the other end of standard input and never writes: its end is the parent's. */
  static void start() {
    final Thread watch =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  continue;
                }
              } catch (IOException e) {
                // A pipe that cannot be read has nobody at its other end either.
              }
              Runtime.getRuntime().halt(ORPHANED);
            },
            "parent-watch");
    watch.setDaemon(true);
    watch.start();
  }
}
