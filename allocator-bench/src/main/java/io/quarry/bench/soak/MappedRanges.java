package io.quarry.bench.soak;

import java.util.Map;
import java.util.TreeMap;

/** Ranges of addresses, joined where they overlap. Not safe for use by several threads. */
final class MappedRanges {

  /** From the first address of each range to the one after its last. */
  private final TreeMap<Long, Long> ranges = new TreeMap<>();

  void add(long address, long bytes) {
    remove(address, bytes);
    ranges.put(address, address + bytes);
  }

  void remove(long address, long bytes) {
    final long end = address + bytes;
    split(address);
    split(end);
    ranges.subMap(address, end).clear();
  }

  /** Makes two of the range around an address, if there is one. */
  private void split(long address) {
    final Map.Entry<Long, Long> around = ranges.lowerEntry(address);
    if (around != null && around.getValue() > address) {
      ranges.put(address, around.getValue());
      ranges.put(around.getKey(), address);
    }
  }

  long bytes() {
    return ranges.entrySet().stream().mapToLong(e -> e.getValue() - e.getKey()).sum();
  }

  /** The ranges, in hexadecimal. */
  @Override
  public String toString() {
    final StringBuilder text = new StringBuilder();
    ranges.forEach((from, to) -> text.append(String.format("[0x%x, 0x%x) ", from, to)));
    return text.toString().strip();
  }
}
