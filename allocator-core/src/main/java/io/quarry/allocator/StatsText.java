package io.quarry.allocator;

import static io.quarry.allocator.ByteSizes.format;
import static io.quarry.allocator.ByteSizes.grouped;
import static io.quarry.allocator.ByteSizes.percent;

import java.util.ArrayList;
import java.util.List;

/** Writes {@link AllocatorStats} for people: aligned columns, units, separated thousands. */
final class StatsText {

  private static final String GAP = "  ";

  private StatsText() {}

  private static final int MOST_SITES = 20;

  static String of(AllocatorStats stats) {
    final String text = withoutSites(stats);
    return stats.allocationSites().isEmpty()
        ? text
        : text + '\n' + ofSites(stats.allocationSites());
  }

  /** Where live blocks were allocated, the largest sites in full. */
  static String ofSites(List<AllocationSite> sites) {
    final StringBuilder out = new StringBuilder("live checked blocks by allocation stack:\n");
    for (final AllocationSite site : sites.subList(0, Math.min(MOST_SITES, sites.size()))) {
      out.append(grouped(site.blocks())).append(site.blocks() == 1 ? " block, " : " blocks, ");
      out.append(format(site.bytes())).append(", allocated\n");
      site.stack().forEach(frame -> out.append("\tat ").append(frame).append('\n'));
    }
    if (sites.size() > MOST_SITES) {
      out.append("and ").append(sites.size() - MOST_SITES).append(" smaller sites\n");
    }
    return out.toString();
  }

  /** All but what takes long: for the message of an exception. */
  static String withoutSites(AllocatorStats stats) {
    final StringBuilder out = new StringBuilder(4096);
    out.append("Quarry allocator: ").append(format(stats.mappedBytes())).append(" mapped of ");
    out.append(format(stats.capacityBytes())).append(" capacity");
    if (stats.capacityBytes() > 0) {
      out.append(" (").append(percent(share(stats.mappedBytes(), stats.capacityBytes())));
      out.append(')');
    }
    out.append("\n\n");
    // One table for the sum and for the rest, so that their columns stand under each other.
    final List<List<String>> amounts = sum(stats);
    amounts.addAll(rest(stats));
    appendColumns(out, "lrrrl", amounts);
    out.append('\n');
    appendClasses(out, stats);
    return out.toString();
  }

  private static List<List<String>> sum(AllocatorStats stats) {
    final long mapped = stats.mappedBytes();
    final List<List<String>> rows = new ArrayList<>();
    rows.add(part("  live", stats.liveBytes(), mapped, grouped(stats.liveBlocks()) + " blocks"));
    rows.add(part("+ free blocks", stats.freeBlockBytes(), mapped, "in slabs, not handed out"));
    rows.add(part("+ tails", stats.tailBytes(), mapped, "ends of slabs, too short for a block"));
    rows.add(part("+ idle", stats.idleBytes(), mapped, "kept for reuse"));
    rows.add(part("= mapped", mapped, mapped, "resident memory cannot exceed this"));
    rows.add(List.of());
    return rows;
  }

  private static List<List<String>> rest(AllocatorStats stats) {
    return List.of(
        amount("reserved", stats.reservedBytes(), "address space, includes what is mapped"),
        amount("metadata", stats.metadataBytes(), "of Java heap, estimated"),
        amount("unmapped", stats.unmappedBytes(), "returned to the kernel so far"),
        amount("discarded", stats.discardedBytes(), "pages of slabs in use, given back so far"),
        amount("refilled", stats.refilledBytes(), "of these, in use again"),
        count("mappings", stats.mappings(), "at most"),
        count("mallocs", stats.mallocCount(), ""),
        count("frees", stats.freeCount(), ""),
        count("misuse", stats.misuseCount(), "bad frees, and writes, found late"));
  }

  private static void appendClasses(StringBuilder out, AllocatorStats stats) {
    final List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "block size",
            "slabs",
            "mapped",
            "live",
            "live blocks",
            "free blocks",
            "tails",
            "utilisation",
            "mallocs",
            "frees"));
    for (final SizeClassStats sizeClass : stats.sizeClasses()) {
      if (sizeClass.slabs() != 0) {
        rows.add(row(sizeClass));
      }
    }
    if (rows.size() == 1) {
      out.append("no slabs\n");
    } else {
      appendColumns(out, "rrrrrrrrrr", rows);
    }
  }

  private static List<String> row(SizeClassStats sizeClass) {
    return List.of(
        // Exact: neighbouring classes would look the same after rounding.
        sizeClass.isLarge() ? "large" : grouped(sizeClass.blockSize()) + " B",
        grouped(sizeClass.slabs()),
        format(sizeClass.mappedBytes()),
        format(sizeClass.liveBytes()),
        grouped(sizeClass.liveBlocks()),
        grouped(sizeClass.freeBlocks()),
        format(sizeClass.tailBytes()),
        percent(sizeClass.utilisation()),
        grouped(sizeClass.mallocCount()),
        grouped(sizeClass.freeCount()));
  }

  private static List<String> part(String name, long bytes, long mappedBytes, String note) {
    return List.of(
        name, grouped(bytes) + " B", format(bytes), percent(share(bytes, mappedBytes)), note);
  }

  private static List<String> amount(String name, long bytes, String note) {
    return List.of("  " + name, grouped(bytes) + " B", format(bytes), "", note);
  }

  /** The digits stand under those of the amounts, hence the room for their unit. */
  private static List<String> count(String name, long number, String note) {
    return List.of("  " + name, grouped(number) + "  ", "", "", note);
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  /**
   * Appends a line for each row, each column as wide as its widest cell. No line ends in blanks.
   *
   * @param alignment for each column {@code l} or {@code r}
   */
  private static void appendColumns(StringBuilder out, String alignment, List<List<String>> rows) {
    final int[] widths = new int[alignment.length()];
    for (final List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (final List<String> row : rows) {
      final StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        final String cell = row.get(i);
        final String blanks = " ".repeat(widths[i] - cell.length());
        line.append(i == 0 ? "" : GAP);
        line.append(alignment.charAt(i) == 'l' ? cell + blanks : blanks + cell);
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
  }
}
