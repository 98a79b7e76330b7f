package io.quarry.allocator;

import io.quarry.heap.Compactor;
import java.util.function.LongSupplier;

/**
 * What an allocator passes on to its arenas.
 *
 * @param relocator null if nobody can have blocks moved
 * @param isMaintained whether the maintenance thread sees to them
 * @param closeListener null if there is none
 */
record ArenaSettings(
    long idleNanos,
    LongSupplier nanoClock,
    boolean isMaintained,
    Relocator relocator,
    double targetUtilisation,
    MisuseListener misuseListener,
    CloseListener closeListener) {

  /** Null if nobody can have blocks moved. */
  BackgroundCompaction backgroundCompactionOf(final Compactor compactor) {
    return relocator == null
        ? null
        : new BackgroundCompaction(compactor, relocator, targetUtilisation, nanoClock);
  }
}
