package io.quarry.checks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A place that allocated watched blocks: those whose stacks were the same.
 *
 * @param blocks how many
 * @param bytes how many bytes were asked for, in all of them
 * @param trace one of the traces
 */
public record Site(long blocks, long bytes, Trace trace) {

  /** Groups blocks by where they were allocated; those of most bytes come first. */
  public static List<Site> of(final List<WatchedBlock> blocks) {
    final Map<List<StackTraceElement>, Site> sites = new LinkedHashMap<>();
    for (final WatchedBlock block : blocks) {
      sites.merge(
          block.allocated().frames(),
          new Site(1, block.size(), block.allocated()),
          (site, more) -> new Site(site.blocks + more.blocks, site.bytes + more.bytes, site.trace));
    }
    final List<Site> sorted = new ArrayList<>(sites.values());
    sorted.sort(Comparator.comparingLong(Site::bytes).reversed());
    return sorted;
  }

  /** In several lines, the first of which says how much, the others where. */
  public String inFull() {
    return (blocks == 1 ? "1 block of " : blocks + " blocks of ")
        + bytes
        + (blocks == 1 ? " bytes, " : " bytes in all, one of them ")
        + trace.inFull();
  }
}
