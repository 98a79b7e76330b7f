package io.quarry.allocator;

import static io.quarry.allocator.ByteSizes.format;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The capacity of an allocator for which none was set: what the container or the machine has left.
 *
 * <ul>
 *   <li>With a limit by control groups: the smallest one up the hierarchy, less the Java heap's
 *       maximum, the maximum of direct memory and a margin. The margin is 5% of the limit and at
 *       least 64 MiB, for what else a JVM needs: classes, compiled code, thread stacks, the
 *       collector's tables. A limit above the machine's memory is none.
 *   <li>Without one, on Linux: half of what is available now.
 *   <li>Elsewhere: a quarter of the machine's memory, as what is available cannot be told there; if
 *       even that is unknown, as much as the Java heap's maximum.
 * </ul>
 *
 * <p>In any case at least {@link #MINIMUM_BYTES}, though the limit may leave less: an allocator
 * that cannot give out anything helps nobody, and the derivation says what happened. Rounded down
 * to whole granules of 64 KiB.
 *
 * <p>Immutable, and so safe for use by several threads.
 *
 * @param bytes the capacity
 * @param derivation how it came about, in one line for people
 */
record DefaultCapacity(long bytes, String derivation) {

  /** The least capacity that is derived: 64 MiB. */
  static final long MINIMUM_BYTES = 64L << 20;

  private static final long LEAST_MARGIN_BYTES = 64L << 20;
  private static final int MARGIN_DIVISOR = 20;
  private static final long ROUNDING_BYTES = 64L << 10;

  /**
   * Derives the capacity from the machine and the JVM that this runs on. Reads some small files.
   */
  static DefaultCapacity derive() {
    return derive(Path.of("/"), JvmMemory.maxHeapBytes(), JvmMemory.maxDirectBytes());
  }

  /**
   * Derives the capacity from files.
   *
   * @param fileSystemRoot the directory that holds {@code proc} and {@code sys}
   * @param maxHeapBytes the most that the Java heap may grow to
   * @param maxDirectBytes the most that direct buffers may hold together
   * @throws IllegalArgumentException if a number is negative
   */
  static DefaultCapacity derive(Path fileSystemRoot, long maxHeapBytes, long maxDirectBytes) {
    return derive(fileSystemRoot, maxHeapBytes, maxDirectBytes, JvmMemory::machineBytes);
  }

  /**
   * Derives the capacity from files and, where they are absent, from elsewhere.
   *
   * @param machineBytes the machine's memory, for systems without {@code /proc}
   */
  static DefaultCapacity derive(
      Path fileSystemRoot,
      long maxHeapBytes,
      long maxDirectBytes,
      Supplier<OptionalLong> machineBytes) {
    if (maxHeapBytes < 0 || maxDirectBytes < 0) {
      throw new IllegalArgumentException(
          "a maximum is negative: Java heap " + maxHeapBytes + ", direct memory " + maxDirectBytes);
    }
    final String memory = CgroupMemory.readText(fileSystemRoot, "/proc/meminfo");
    final OptionalLong total = memoryBytes(memory, "MemTotal");
    final Optional<CgroupMemory.Limit> limit =
        CgroupMemory.smallestLimit(fileSystemRoot)
            .filter(found -> found.bytes() <= total.orElse(Long.MAX_VALUE));
    if (limit.isPresent()) {
      return ofLimit(limit.get(), maxHeapBytes, maxDirectBytes);
    }
    // Kernels before 3.14 do not say what is available. What is free is less, and so safe.
    final OptionalLong available = first(memory, "MemAvailable", "MemFree");
    if (available.isPresent()) {
      return ofAvailable(available.getAsLong(), total);
    }
    return ofMachine(machineBytes.get(), maxHeapBytes);
  }

  private static DefaultCapacity ofLimit(
      CgroupMemory.Limit limit, long maxHeapBytes, long maxDirectBytes) {
    final long margin = Math.max(LEAST_MARGIN_BYTES, limit.bytes() / MARGIN_DIVISOR);
    final long left = less(less(less(limit.bytes(), maxHeapBytes), maxDirectBytes), margin);
    final String because =
        String.format(
            "cgroup limit %s (%s) less Java heap %s, direct memory %s and a margin of %s",
            format(limit.bytes()),
            limit.file(),
            format(maxHeapBytes),
            format(maxDirectBytes),
            format(margin));
    return ofAtLeastMinimum(left, because);
  }

  private static DefaultCapacity ofAvailable(long availableBytes, OptionalLong totalBytes) {
    final String within =
        totalBytes.isPresent() ? " within the machine's " + format(totalBytes.getAsLong()) : "";
    return ofAtLeastMinimum(
        availableBytes / 2,
        "half of the "
            + format(availableBytes)
            + " available, there being no cgroup limit"
            + within);
  }

  private static DefaultCapacity ofMachine(OptionalLong machineBytes, long maxHeapBytes) {
    if (machineBytes.isPresent()) {
      final long machine = machineBytes.getAsLong();
      return ofAtLeastMinimum(machine / 4, "a quarter of the machine's " + format(machine));
    }
    return ofAtLeastMinimum(
        maxHeapBytes, "as much as the Java heap's maximum, the machine's memory being unknown");
  }

  private static DefaultCapacity ofAtLeastMinimum(long bytes, String because) {
    if (bytes < MINIMUM_BYTES) {
      return new DefaultCapacity(
          MINIMUM_BYTES,
          String.format(
              "%s, the minimum, which may be more than there is: %s leaves only %s",
              format(MINIMUM_BYTES), because, format(bytes)));
    }
    final long rounded = bytes - bytes % ROUNDING_BYTES;
    return new DefaultCapacity(rounded, format(rounded) + ": " + because);
  }

  /** What is left of an amount, without overflow: maxima may be Long.MAX_VALUE for "none". */
  private static long less(long bytes, long taken) {
    return Math.max(0, bytes - taken);
  }

  private static OptionalLong first(String memory, String name, String otherwise) {
    final OptionalLong bytes = memoryBytes(memory, name);
    return bytes.isPresent() ? bytes : memoryBytes(memory, otherwise);
  }

  /** From a line such as {@code MemTotal: 24684084 kB}, where kB means KiB. */
  private static OptionalLong memoryBytes(String memory, String name) {
    // At most 15 digits, so that neither the number nor the product overflows.
    final Matcher matcher =
        Pattern.compile("(?m)^" + name + ":\\s*(\\d{1,15}) kB$").matcher(memory);
    return matcher.find()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)) * 1024)
        : OptionalLong.empty();
  }
}
