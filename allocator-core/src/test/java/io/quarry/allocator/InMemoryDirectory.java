package io.quarry.allocator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * A directory of a file system in memory where there is one: to punch a hole, a file system on a
 * disk may write first what is in it.
 */
final class InMemoryDirectory implements TempDirFactory {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  @Override
  public Path createTempDirectory(
      final AnnotatedElementContext element, final ExtensionContext extension) throws IOException {
    return Files.isWritable(SHARED_MEMORY)
        ? Files.createTempDirectory(SHARED_MEMORY, "quarry")
        : Files.createTempDirectory("quarry");
  }
}
