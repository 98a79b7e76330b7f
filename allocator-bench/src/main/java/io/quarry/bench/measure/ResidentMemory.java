package io.quarry.bench.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.agrona.UnsafeApi;

/** The resident memory (RSS) of this process, as Linux counts it. */
public final class ResidentMemory {

  private static final Path ROLLUP = Path.of("/proc/self/smaps_rollup");
  private static final Path STATM = Path.of("/proc/self/statm");
  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final int KIB = 1024;

  private ResidentMemory() {}

  /**
   * Exact, in bytes, and slow: the kernel walks the page tables, some milliseconds for a gigabyte,
   * and holds up page faults meanwhile. Where there is no {@code smaps_rollup}, the same as {@link
   * #quickBytes()}.
   */
  public static long exactBytes() {
    if (!Files.isReadable(ROLLUP)) {
      return quickBytes();
    }
    try {
      return rollupBytes(Files.readAllLines(ROLLUP));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * In bytes, from the kernel's running counters: fast enough to be read while a workload runs, and
   * off by less than a mebibyte.
   */
  public static long quickBytes() {
    try {
      return statmBytes(Files.readString(STATM, StandardCharsets.US_ASCII), UnsafeApi.pageSize());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The number of mappings of this process. */
  public static long mappings() {
    try (var lines = Files.lines(MAPS)) {
      return lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static long rollupBytes(List<String> rollup) {
    return rollup.stream()
        .filter(line -> line.startsWith("Rss:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no Rss line in " + ROLLUP + ": " + rollup));
  }

  static long statmBytes(String statm, long pageBytes) {
    return Long.parseLong(statm.split(" ")[1]) * pageBytes;
  }
}
