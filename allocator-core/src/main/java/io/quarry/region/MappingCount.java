package io.quarry.region;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many mappings of the process are ours. The kernel gives a process {@code vm.max_map_count} of
 * them (65,530 by default), thread stacks and the JVM's own included; a process at that number can
 * start no thread. All allocators of a JVM together keep to a quarter of it.
 *
 * <p>The count is an upper bound: the kernel joins neighbouring mappings of ours, we do not.
 */
public final class MappingCount {
  private static final MappingCount OF_THIS_PROCESS = new MappingCount(readKernelLimit() / 4);

  private final AtomicInteger count = new AtomicInteger();
  private final int share;

  MappingCount(final int share) {
    this.share = share;
  }

  /** The count that all allocators of this process share. */
  public static MappingCount ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /** Takes note of mappings made, or, if negative, gone. */
  void add(final int mappings) {
    count.addAndGet(mappings);
  }

  /** Whether one region more stays within the share. */
  boolean allowsRegion() {
    return count.get() < share;
  }

  /** Whether one hole more does; an eighth of the share is kept for regions. */
  boolean allowsHole() {
    return count.get() < share - share / 8;
  }

  private static int readKernelLimit() {
    // At one go: the kernel gives such a file to the first read, and to a second one nothing more.
    // Files.readString would read one byte first.
    try (InputStream file = Files.newInputStream(Path.of("/proc/sys/vm/max_map_count"))) {
      return Integer.parseInt(new String(file.readNBytes(32), StandardCharsets.US_ASCII).trim());
    } catch (final IOException | NumberFormatException notLinux) {
      return 65_530;
    }
  }
}
