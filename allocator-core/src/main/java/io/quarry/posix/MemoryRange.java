package io.quarry.posix;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of this process's memory as {@code /proc/self/maps} tells of it. The kernel joins
 * neighbours of one kind, whoever mapped them. Immutable.
 *
 * @param from the address of its first byte
 * @param to the address after its last byte
 * @param permissions such as {@code rw-p}; the last letter is {@code s} where it is shared
 * @param name the file behind it, the kernel's name for it such as {@code [stack]}, or empty
 */
public record MemoryRange(long from, long to, String permissions, String name) {

  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final Pattern LINE =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S{4}) \\S+ \\S+ \\S+ *(.*)");

  /**
   * All that is mapped now in a range, lowest address first; empty where this system does not tell,
   * as none but Linux does.
   */
  static Optional<List<MemoryRange>> within(long address, long length) {
    try {
      final String maps = Files.readString(MAPS, StandardCharsets.ISO_8859_1);
      return Optional.of(
          maps.lines()
              .map(LINE::matcher)
              .filter(Matcher::matches)
              .map(MemoryRange::of)
              .filter(range -> range.overlaps(address, address + length))
              .toList());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static MemoryRange of(Matcher line) {
    return new MemoryRange(
        Long.parseUnsignedLong(line.group(1), 16),
        Long.parseUnsignedLong(line.group(2), 16),
        line.group(3),
        line.group(4));
  }

  private boolean overlaps(long low, long high) {
    return Long.compareUnsigned(from, high) < 0 && Long.compareUnsigned(low, to) < 0;
  }

  /** What its permissions say. */
  Set<Protection> protection() {
    final Set<Protection> protection = EnumSet.noneOf(Protection.class);
    if (permissions.charAt(0) == 'r') {
      protection.add(Protection.READ);
    }
    if (permissions.charAt(1) == 'w') {
      protection.add(Protection.WRITE);
    }
    if (permissions.charAt(2) == 'x') {
      protection.add(Protection.EXECUTE);
    }
    return protection;
  }

  /** Such as {@code 0x7f0000000000-0x7f0000001000 rw-p /usr/lib/libc.so.6}. */
  @Override
  public String toString() {
    final String anonymous = name.isEmpty() ? "anonymous" : name;
    return "0x"
        + Long.toHexString(from)
        + "-0x"
        + Long.toHexString(to)
        + ' '
        + permissions
        + ' '
        + anonymous;
  }
}
