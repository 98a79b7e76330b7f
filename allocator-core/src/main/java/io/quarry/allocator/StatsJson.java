package io.quarry.allocator;

/**
 * Writes {@link AllocatorStats} as JSON. By hand, so that the allocator needs no JSON library:
 * there are only numbers, and names that need no escaping.
 */
final class StatsJson {

  private final StringBuilder out = new StringBuilder(4096);

  private StatsJson() {}

  static String of(AllocatorStats stats) {
    final StatsJson json = new StatsJson();
    json.write(stats);
    return json.out.toString();
  }

  private void write(AllocatorStats stats) {
    open('{');
    field("capacityBytes", stats.capacityBytes());
    field("reservedBytes", stats.reservedBytes());
    field("mappedBytes", stats.mappedBytes());
    field("liveBytes", stats.liveBytes());
    field("liveBlocks", stats.liveBlocks());
    field("freeBlockBytes", stats.freeBlockBytes());
    field("tailBytes", stats.tailBytes());
    field("idleBytes", stats.idleBytes());
    field("metadataBytes", stats.metadataBytes());
    field("unmappedBytes", stats.unmappedBytes());
    field("discardedBytes", stats.discardedBytes());
    field("refilledBytes", stats.refilledBytes());
    field("mallocCount", stats.mallocCount());
    field("freeCount", stats.freeCount());
    field("mappings", stats.mappings());
    field("misuseCount", stats.misuseCount());
    name("sizeClasses");
    open('[');
    stats.sizeClasses().forEach(this::write);
    out.append(']');
    name("allocationSites");
    open('[');
    stats.allocationSites().forEach(this::write);
    out.append("]}");
  }

  private void write(SizeClassStats sizeClass) {
    open('{');
    field("blockSize", sizeClass.blockSize());
    field("slabs", sizeClass.slabs());
    field("mappedBytes", sizeClass.mappedBytes());
    field("liveBytes", sizeClass.liveBytes());
    field("liveBlocks", sizeClass.liveBlocks());
    field("freeBlocks", sizeClass.freeBlocks());
    field("tailBytes", sizeClass.tailBytes());
    field("mallocCount", sizeClass.mallocCount());
    field("freeCount", sizeClass.freeCount());
    out.append('}');
  }

  private void write(AllocationSite site) {
    open('{');
    field("blocks", site.blocks());
    field("bytes", site.bytes());
    name("stack");
    open('[');
    site.stack().forEach(frame -> string(frame.toString()));
    out.append("]}");
  }

  /** Class and method names may hold almost any character. */
  private void string(String text) {
    separate();
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      final char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  /** Begins an object or an array, which is itself an element where one precedes it. */
  private void open(char bracket) {
    separate();
    out.append(bracket);
  }

  private void field(String name, long value) {
    name(name);
    out.append(value);
  }

  private void name(String name) {
    separate();
    out.append('"').append(name).append("\":");
  }

  private void separate() {
    final int length = out.length();
    if (length > 0 && "{[:".indexOf(out.charAt(length - 1)) < 0) {
      out.append(',');
    }
  }
}
