package io.quarry.region;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which parts of a growing file are in use: hands out ranges, takes them back, joins neighbours.
 * The lowest free range that is large enough is taken; if there is none, the file has to grow.
 *
 * <p>Pure arithmetic. Not safe for use by several threads.
 */
final class FileRanges {
  /** Free ranges, from their first byte to the one after their last; no two touch. */
  private final TreeMap<Long, Long> free = new TreeMap<>();

  private long end;

  /**
   * Nothing is free yet.
   *
   * @param end the size of the file
   */
  FileRanges(final long end) {
    this.end = end;
  }

  /** The size that the file has to have. */
  long end() {
    return end;
  }

  /** Takes a range, at the end of the file if need be. */
  long take(final long bytes) {
    for (final Map.Entry<Long, Long> range : free.entrySet()) {
      if (range.getValue() - range.getKey() >= bytes) {
        return takeFrom(range.getKey(), range.getValue(), bytes);
      }
    }
    final Map.Entry<Long, Long> last = free.lastEntry();
    final long from = last != null && last.getValue() == end ? last.getKey() : end;
    free.remove(from);
    end = from + bytes;
    return from;
  }

  private long takeFrom(final long from, final long to, final long bytes) {
    if (to - from > bytes) {
      free.put(from + bytes, to);
    }
    free.remove(from);
    return from;
  }

  /** Takes a range back. */
  void give(final long from, final long bytes) {
    final Map.Entry<Long, Long> before = free.lowerEntry(from);
    final Long after = free.get(from + bytes);
    final long first = before != null && before.getValue() == from ? before.getKey() : from;
    free.put(first, after == null ? from + bytes : after);
    free.remove(from + bytes);
  }
}
