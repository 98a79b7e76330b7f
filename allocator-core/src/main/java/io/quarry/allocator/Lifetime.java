package io.quarry.allocator;

import io.quarry.checks.WatchedBlocks;
import io.quarry.heap.Heaps;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The end of an allocator or an arena, and of the arenas within it, which end first. Does not refer
 * to the {@link SlabAllocator}: an arena that was forgotten is closed with its parent nevertheless.
 */
final class Lifetime {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());

  /** Null for the whole allocator. */
  private final Lifetime parent;

  private final Heaps heaps;
  private final Housekeeping housekeeping;
  private final Pressure pressure;

  /** Null if no block is watched. */
  private final WatchedBlocks watched;

  private final StatsOfCensus statistics;
  private final CloseListener listener;

  /** Guarded by this. */
  private final Set<Lifetime> arenas = new LinkedHashSet<>();

  private boolean ending;
  private boolean reported;

  Lifetime(
      final Lifetime parent,
      final Heaps heaps,
      final Housekeeping housekeeping,
      final Pressure pressure,
      final WatchedBlocks watched,
      final StatsOfCensus statistics,
      final CloseListener listener) {
    this.parent = parent;
    this.heaps = heaps;
    this.housekeeping = housekeeping;
    this.pressure = pressure;
    this.watched = watched;
    this.statistics = statistics;
    this.listener = listener;
  }

  /**
   * Makes an arena end with this, at the latest.
   *
   * @throws IllegalStateException if this is ending
   */
  synchronized void add(final Lifetime arena) {
    if (ending) {
      throw SlabAllocator.closedException();
    }
    arenas.add(arena);
  }

  private synchronized void remove(final Lifetime arena) {
    arenas.remove(arena);
  }

  private synchronized List<Lifetime> arenas() {
    return List.copyOf(arenas);
  }

  private synchronized void beEnding() {
    ending = true;
  }

  private synchronized boolean mayReport() {
    final boolean first = !reported;
    reported = true;
    return first;
  }

  /**
   * Ends the arenas and then this, and gives back all granules. Whoever calls this, however many at
   * once, returns when no call is left that could touch the memory. Idempotent.
   *
   * @throws IllegalStateException if called from within a callback of a compaction; nothing was
   *     closed then
   */
  void end() {
    checkMayEnd();
    beEnding();
    heaps.close();
    pressure.close();
    arenas().forEach(Lifetime::end);
    Maintenance.remove(housekeeping);
    heaps.compactor().close();
    heaps.awaitCalls();
    if (watched != null) {
      watched.end();
    }
    housekeeping.reportMisuses();
    final AllocatorStats last = mayReport() ? statistics.of(heaps.census()) : null;
    heaps.retireAll();
    if (parent != null) {
      parent.remove(this);
    }
    if (last != null) {
      report(last);
    }
  }

  private void checkMayEnd() {
    heaps.compactor().checkMayClose();
    arenas().forEach(Lifetime::checkMayEnd);
  }

  private void report(final AllocatorStats last) {
    if (last.liveBlocks() > 0) {
      // Not louder: to close with live blocks is how a whole cache is thrown away.
      LOG.log(
          Level.DEBUG, () -> (parent == null ? "closed with " : "arena closed with ") + live(last));
    }
    if (listener != null) {
      try {
        listener.closed(last);
      } catch (final RuntimeException | Error listenerFailed) {
        LOG.log(Level.WARNING, "close listener failed", listenerFailed);
      }
    }
  }

  /** Such as {@code 3 live blocks, 208 B: 2 of 64 B, 1 of 80 B}. */
  private static String live(final AllocatorStats last) {
    final StringBuilder text = new StringBuilder();
    text.append(last.liveBlocks()).append(" live blocks, ");
    text.append(ByteSizes.format(last.liveBytes()));
    String separator = ": ";
    for (final SizeClassStats row : last.sizeClasses()) {
      if (row.liveBlocks() > 0) {
        text.append(separator).append(row.liveBlocks());
        text.append(row.isLarge() ? " large" : " of " + row.blockSize() + " B");
        separator = ", ";
      }
    }
    if (!last.allocationSites().isEmpty()) {
      text.append('\n').append(StatsText.ofSites(last.allocationSites()));
    }
    return text.toString();
  }
}
