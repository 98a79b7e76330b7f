package io.quarry.allocator;

import io.quarry.allocator.OffHeapExhaustedException.Reason;
import io.quarry.posix.PosixException;
import io.quarry.region.Refusal;
import io.quarry.region.Regions;

/** Says why there is no memory for a request. */
final class Exhaustion {

  private Exhaustion() {}

  static OffHeapExhaustedException of(
      final String call,
      final long size,
      final Refusal refusal,
      final AllocatorStats stats,
      final Regions regions) {
    final Reason reason =
        switch (refusal) {
          case LIMIT -> Reason.LIMIT;
          case PARENT_LIMIT -> Reason.PARENT_LIMIT;
          case MAP_COUNT -> Reason.MAP_COUNT;
          case TOO_LARGE -> Reason.TOO_LARGE;
          default -> Reason.OS_REFUSED;
        };
    // Once: another thread's may come between, and message and cause have to be about the same.
    final PosixException lastRefusal = regions.lastRefusal();
    final String advice =
        switch (reason) {
          case LIMIT -> "the capacity is reached: free blocks or build with a larger capacity";
          case PARENT_LIMIT ->
              "the capacity of the allocator that this arena is part of is reached: free blocks"
                  + " there or in other arenas of it, or build it with a larger capacity";
          case MAP_COUNT -> "a quarter of vm.max_map_count is in use: raise it with sysctl";
          case TOO_LARGE -> "more than the capacity, or than one mapping can hold";
          case OS_REFUSED -> "the operating system refused: " + lastRefusal;
        };
    return new OffHeapExhaustedException(
        reason,
        call
            + " of "
            + size
            + " bytes: "
            + reason
            + ", "
            + advice
            + "\n"
            + StatsText.withoutSites(stats),
        stats,
        reason == Reason.OS_REFUSED ? lastRefusal : null);
  }
}
