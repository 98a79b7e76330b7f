package io.quarry.bench.loops;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Virtual threads, for a program that is compiled for JDK 17. */
public final class VirtualThreads {

  /** The first JDK that has them. */
  public static final int SINCE = 21;

  private VirtualThreads() {}

  /**
   * A new virtual thread for each task.
   *
   * @throws IllegalStateException if this JVM has none
   */
  public static ExecutorService executor() {
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "virtual threads need JDK "
              + SINCE
              + " or newer, and this is JDK "
              + Runtime.version().feature(),
          e);
    }
  }
}
