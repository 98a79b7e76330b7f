package io.quarry.bench.blocks;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.agrona.UnsafeApi;

/**
 * Frees a direct buffer at once. There is no public way. The method of the same name in {@code
 * sun.misc.Unsafe} only forwards to {@code jdk.internal.misc.Unsafe.invokeCleaner}, which has kept
 * its signature from JDK 9 on and which {@code --add-opens java.base/jdk.internal.misc=ALL-UNNAMED}
 * makes reachable; it is called here without the detour, through Agrona, so that nothing depends on
 * a class that the JDK is about to remove.
 */
public final class BufferCleaner {

  private BufferCleaner() {}

  /**
   * Frees the memory of {@code buffer}; nobody may touch it afterwards.
   *
   * @param buffer one that {@link ByteBuffer#allocateDirect} returned, not a slice or a duplicate
   */
  public static void free(ByteBuffer buffer) {
    UnsafeApi.invokeCleaner(buffer);
  }

  /** Why this JVM cannot free a direct buffer explicitly; empty if it can. */
  public static Optional<String> unavailable() {
    try {
      free(ByteBuffer.allocateDirect(1));
      return Optional.empty();
    } catch (LinkageError | RuntimeException e) {
      return Optional.of(
          "this JVM does not let a program free a direct buffer: "
              + e
              + "; it takes --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
    }
  }
}
