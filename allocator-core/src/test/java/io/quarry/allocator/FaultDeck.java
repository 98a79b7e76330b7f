package io.quarry.allocator;

import io.quarry.posix.Errno;
import io.quarry.posix.Posix;
import io.quarry.region.Regions;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Lets every system call fail with every error at every place it is made from, one after the other,
 * and counts. A place is a line of the region package; the ways to it, through other methods of
 * that package, get every error each as well.
 */
final class FaultDeck {
  private static final String REGION_PACKAGE = Regions.class.getPackageName() + ".";

  static final List<Errno> ERRORS =
      List.of(Errno.ENOMEM, Errno.EEXIST, Errno.EAGAIN, Errno.EINVAL, Errno.EPERM);

  private final Set<String> calls;
  private final Map<String, Map<Errno, Integer>> sites = new TreeMap<>();
  private final Map<String, Map<Errno, Integer>> ways = new TreeMap<>();
  private int faults;

  /** Of these calls; all others are let through. */
  FaultDeck(final List<String> calls) {
    this.calls = Set.copyOf(calls);
  }

  /**
   * The error that the way on which a call is made at this moment has not met yet; null if there is
   * none.
   */
  Errno next(final String call) {
    if (!calls.contains(call)) {
      return null;
    }
    final List<StackWalker.StackFrame> frames = frames();
    final Map<Errno, Integer> met = ways.computeIfAbsent(way(call, frames), FaultDeck::none);
    for (final Errno error : ERRORS) {
      if (!met.containsKey(error)) {
        count(call, frames, error);
        return error;
      }
    }
    return null;
  }

  /** Counts a fault that was chosen by somebody else. */
  void count(final String call, final Errno error) {
    count(call, frames(), error);
  }

  private void count(
      final String call, final List<StackWalker.StackFrame> frames, final Errno error) {
    faults++;
    sites.computeIfAbsent(site(call, frames), FaultDeck::none).merge(error, 1, Integer::sum);
    ways.computeIfAbsent(way(call, frames), FaultDeck::none).merge(error, 1, Integer::sum);
  }

  private static Map<Errno, Integer> none(final String place) {
    return new EnumMap<>(Errno.class);
  }

  private static List<StackWalker.StackFrame> frames() {
    return StackWalker.getInstance()
        .walk(
            all ->
                all.filter(frame -> frame.getClassName().startsWith(REGION_PACKAGE))
                    .collect(Collectors.toList()));
  }

  private static String site(final String call, final List<StackWalker.StackFrame> frames) {
    final StackWalker.StackFrame site = frames.get(0);
    final String type = site.getClassName().substring(REGION_PACKAGE.length());
    return call + " at " + type + ":" + site.getLineNumber();
  }

  private static String way(final String call, final List<StackWalker.StackFrame> frames) {
    return call
        + frames.stream()
            .map(frame -> frame.getMethodName() + ":" + frame.getLineNumber())
            .collect(Collectors.joining(" < ", " in ", ""));
  }

  int faults() {
    return faults;
  }

  /** The places that have met every error, such as {@code "munmap at Mapper:205"}. */
  Set<String> completeSites() {
    return sites.entrySet().stream()
        .filter(site -> site.getValue().keySet().containsAll(ERRORS))
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The faults at each place, as a table. */
  String toText() {
    final StringBuilder text = new StringBuilder();
    final long complete =
        ways.values().stream().filter(met -> met.keySet().containsAll(ERRORS)).count();
    text.append(
        String.format(
            "%d faults at %d call sites of %s, reached in %d ways, of which %d met every error%n",
            faults, sites.size(), Posix.class.getSimpleName(), ways.size(), complete));
    text.append(String.format("  %-32s", "call site"));
    ERRORS.forEach(error -> text.append(String.format("%8s", error)));
    for (final Map.Entry<String, Map<Errno, Integer>> site : sites.entrySet()) {
      text.append(String.format("%n  %-32s", site.getKey()));
      ERRORS.forEach(
          error -> text.append(String.format("%8d", site.getValue().getOrDefault(error, 0))));
    }
    return text.append(System.lineSeparator()).toString();
  }
}
