package io.quarry.posix;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Counts the calls that go to another {@link Posix} and keeps account of what is mapped through it.
 * Calls that map or unmap are made one at a time, so that the account is never behind the kernel.
 */
public final class CountingPosix extends DelegatingPosix {

  private final Map<String, Long> counts = new HashMap<>();
  private final NavigableMap<Long, Long> ranges = new TreeMap<>();

  /** Counts the calls to {@code delegate}. */
  public CountingPosix(Posix delegate) {
    super(delegate);
  }

  /** How often a call such as {@code "mmap"} was made, whether or not it succeeded. */
  public synchronized long count(String call) {
    return counts.getOrDefault(call, 0L);
  }

  /** Forgets the counts, but not what is mapped. */
  public synchronized void resetCounts() {
    counts.clear();
  }

  /** What is mapped now: from the first address of each range to the one after its last. */
  public synchronized NavigableMap<Long, Long> mappedRanges() {
    return new TreeMap<>(ranges);
  }

  /** The sum of the lengths of all ranges that are mapped now. */
  public synchronized long mappedBytes() {
    return ranges.entrySet().stream().mapToLong(e -> e.getValue() - e.getKey()).sum();
  }

  /** Unmaps all that is still mapped. */
  public synchronized void unmapAll() {
    mappedRanges().forEach((from, to) -> munmap(from, to - from));
  }

  @Override
  protected synchronized void before(String call, Supplier<String> arguments) {
    counts.merge(call, 1L, Long::sum);
  }

  @Override
  public synchronized long mmap(
      long address,
      long length,
      Set<Protection> protection,
      Set<MapFlag> flags,
      int fileDescriptor,
      long offset) {
    final long result = super.mmap(address, length, protection, flags, fileDescriptor, offset);
    add(result, length);
    return result;
  }

  @Override
  public synchronized void munmap(long address, long length) {
    super.munmap(address, length);
    remove(address, length);
  }

  @Override
  public synchronized long mremap(
      long oldAddress, long oldLength, long newLength, Set<RemapFlag> flags, long newAddress) {
    final long result = super.mremap(oldAddress, oldLength, newLength, flags, newAddress);
    if (!flags.contains(RemapFlag.DONTUNMAP)) {
      remove(oldAddress, oldLength);
    }
    add(result, newLength);
    return result;
  }

  private void add(long address, long length) {
    remove(address, length);
    ranges.put(address, end(address, length));
  }

  private void remove(long address, long length) {
    final long to = end(address, length);
    final Map.Entry<Long, Long> before = ranges.lowerEntry(address);
    if (before != null && before.getValue() > address) {
      ranges.put(before.getKey(), address);
      if (before.getValue() > to) {
        ranges.put(to, before.getValue());
      }
    }
    final Map.Entry<Long, Long> last = ranges.lowerEntry(to);
    if (last != null && last.getKey() >= address && last.getValue() > to) {
      ranges.put(to, last.getValue());
    }
    ranges.subMap(address, to).clear();
  }

  /** The kernel works in whole pages. */
  private long end(long address, long length) {
    final long pageSize = pageSize();
    return address + (length + pageSize - 1) / pageSize * pageSize;
  }
}
