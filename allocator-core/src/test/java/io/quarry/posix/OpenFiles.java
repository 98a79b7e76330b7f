package io.quarry.posix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files that this process has open, from {@code /proc/self/fd}. */
public final class OpenFiles {

  private static final Path DIRECTORY = Path.of("/proc/self/fd");

  /** Jars, randomness, limits of the container, pipes to children: what the JDK opens at will. */
  private static final Pattern OF_THE_JVM =
      Pattern.compile(".*\\.jar|/dev/u?random|/(proc|sys)/.*|(pipe|socket|anon_inode):.*");

  private OpenFiles() {}

  /** What each descriptor stands for, without what the JDK opens and closes when it pleases. */
  public static Map<Integer, String> now() {
    final Map<Integer, String> files = new TreeMap<>();
    try (Stream<Path> entries = Files.list(DIRECTORY)) {
      for (Path entry : entries.toList()) {
        target(entry, files);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private static void target(Path entry, Map<Integer, String> files) {
    try {
      final String target = Files.readSymbolicLink(entry).toString();
      if (!OF_THE_JVM.matcher(target).matches()) {
        files.put(Integer.valueOf(entry.getFileName().toString()), target);
      }
    } catch (IOException closedMeanwhile) {
      // Somebody else's, or the descriptor that the directory was read with.
    }
  }
}
