package io.quarry.posix;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Linux says of this process's memory in {@code /proc/self}. Ranges are told apart by address,
 * as not every kernel can name anonymous memory.
 */
public final class ProcMaps {

  private static final Path SMAPS = Path.of("/proc/self/smaps");
  private static final Path ROLLUP = Path.of("/proc/self/smaps_rollup");
  private static final Path PAGEMAP = Path.of("/proc/self/pagemap");

  private static final Pattern HEADER =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S{4}) \\S+ \\S+ \\S+ *(.*)");
  private static final int PAGEMAP_ENTRY_BYTES = 8;
  private static final int PAGEMAP_CHUNK_BYTES = 1 << 16;

  private ProcMaps() {}

  /**
   * One mapping as the kernel keeps it; it joins neighbours of equal kind into one.
   *
   * @param from the address of the first byte
   * @param to the address after the last byte
   * @param permissions such as {@code rw-p}
   * @param path the file or the kernel's name for it, otherwise empty
   * @param rssBytes how much of it is resident
   * @param lockedBytes how much of it is locked into memory
   * @param vmFlags the two-letter codes of the {@code VmFlags} line
   */
  public record Mapping(
      long from,
      long to,
      String permissions,
      String path,
      long rssBytes,
      long lockedBytes,
      Set<String> vmFlags) {

    boolean contains(long address) {
      return Long.compareUnsigned(from, address) <= 0 && Long.compareUnsigned(address, to) < 0;
    }
  }

  /** Whether this system has the files that the other methods read. */
  public static boolean available() {
    return Files.isReadable(SMAPS) && Files.isReadable(ROLLUP) && Files.isReadable(PAGEMAP);
  }

  /** Every mapping of this process, lowest address first. */
  public static List<Mapping> mappings() {
    final List<Mapping> mappings = new ArrayList<>();
    Matcher header = null;
    long rssBytes = 0;
    long lockedBytes = 0;
    for (String line : lines(SMAPS)) {
      final Matcher matcher = HEADER.matcher(line);
      if (matcher.matches()) {
        header = matcher;
      } else if (line.startsWith("Rss:")) {
        rssBytes = kibibytes(line);
      } else if (line.startsWith("Locked:")) {
        lockedBytes = kibibytes(line);
      } else if (line.startsWith("VmFlags:") && header != null) {
        mappings.add(
            new Mapping(
                Long.parseUnsignedLong(header.group(1), 16),
                Long.parseUnsignedLong(header.group(2), 16),
                header.group(3),
                header.group(4),
                rssBytes,
                lockedBytes,
                Set.of(line.substring("VmFlags:".length()).trim().split(" +"))));
      }
    }
    return mappings;
  }

  /** The mapping that holds an address. */
  public static Optional<Mapping> mappingAt(long address) {
    return mappings().stream().filter(mapping -> mapping.contains(address)).findFirst();
  }

  /** How many bytes of the mapping that holds an address would have to be written back. */
  public static long dirtyBytesAt(long address) {
    return bytesAt(address, "(Shared|Private)_Dirty:.*");
  }

  /** How many bytes of the mapping that holds an address have no file behind them. */
  public static long anonymousBytesAt(long address) {
    return bytesAt(address, "Anonymous:.*");
  }

  private static long bytesAt(long address, String wanted) {
    long bytes = 0;
    boolean inside = false;
    for (String line : lines(SMAPS)) {
      final Matcher matcher = HEADER.matcher(line);
      if (matcher.matches()) {
        inside =
            Long.compareUnsigned(Long.parseUnsignedLong(matcher.group(1), 16), address) <= 0
                && Long.compareUnsigned(address, Long.parseUnsignedLong(matcher.group(2), 16)) < 0;
      } else if (inside && line.matches(wanted)) {
        bytes += kibibytes(line);
      }
    }
    return bytes;
  }

  /** The resident bytes between two addresses that are multiples of the page size. */
  public static long rssBytes(long from, long to) {
    long bytes = 0;
    for (Mapping mapping : mappings()) {
      final long low = Math.max(from, mapping.from());
      final long high = Math.min(to, mapping.to());
      if (mapping.from() >= 0 && low < high) {
        final boolean whole = low == mapping.from() && high == mapping.to();
        // The kernel may have joined the range with a neighbour: then count page by page.
        bytes += whole ? mapping.rssBytes() : presentBytes(low, high);
      }
    }
    return bytes;
  }

  /** The resident bytes of the whole process. */
  public static long totalRssBytes() {
    return lines(ROLLUP).stream()
        .filter(line -> line.startsWith("Rss:"))
        .mapToLong(ProcMaps::kibibytes)
        .sum();
  }

  private static long presentBytes(long from, long to) {
    final int pageSize = Posix.host().pageSize();
    final byte[] chunk = new byte[PAGEMAP_CHUNK_BYTES];
    long present = 0;
    try (RandomAccessFile file = new RandomAccessFile(PAGEMAP.toFile(), "r")) {
      file.seek(from / pageSize * PAGEMAP_ENTRY_BYTES);
      long left = (to - from) / pageSize * PAGEMAP_ENTRY_BYTES;
      while (left > 0) {
        final int size = (int) Math.min(left, chunk.length);
        file.readFully(chunk, 0, size);
        final ByteBuffer entries = ByteBuffer.wrap(chunk, 0, size).order(ByteOrder.nativeOrder());
        while (entries.hasRemaining()) {
          // The sign bit of an entry says that the page is in memory.
          present += entries.getLong() < 0 ? 1 : 0;
        }
        left -= size;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return present * pageSize;
  }

  private static long kibibytes(String line) {
    return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
  }

  private static List<String> lines(Path path) {
    try {
      return Files.readAllLines(path, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
