package io.quarry.allocator;

import io.quarry.heap.BlockMover;
import io.quarry.heap.Compaction;
import io.quarry.heap.CompactionPlan;
import io.quarry.heap.Compactor;
import java.util.function.LongSupplier;

/** Compactions that somebody asked for. */
final class Compactions {
  /**
   * What is asked for by hand is worth some copying: to bring slabs from this share to full costs
   * 32 bytes for each that comes free.
   */
  private static final double THOROUGH = 0.97;

  /** What one pass leaves over, half-filled slabs of its own, the next may join. */
  private static final int MOST_PASSES = 3;

  private final Compactor compactor;
  private final LongSupplier nanoClock;

  Compactions(final Compactor compactor, final LongSupplier nanoClock) {
    this.compactor = compactor;
    this.nanoClock = nanoClock;
  }

  CompactionResult compact(final Relocator relocator, final long maxBytes, final long maxNanos) {
    final BlockMover mover = new RelocatorMover(relocator);
    final Compaction compaction = new Compaction(nanoClock, maxBytes, maxNanos);
    CompactionResult.Outcome outcome = CompactionResult.Outcome.COMPLETE;
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      final CompactionPlan plan = compactor.plan(THOROUGH);
      if (plan.isDone()) {
        break;
      }
      compactor.carryOut(plan, mover, compaction);
      rethrow(compaction.failure());
      if (!plan.isDone()) {
        outcome =
            compaction.isOutOfRoom()
                ? CompactionResult.Outcome.OUT_OF_ROOM
                : CompactionResult.Outcome.BUDGET_SPENT;
        break;
      }
    }
    return new CompactionResult(
        compaction.blocksMoved(),
        compaction.bytesMoved(),
        compaction.blocksRefused(),
        compaction.slabsFreed(),
        compaction.bytesFreed(),
        compaction.batches(),
        outcome);
  }

  private static void rethrow(final Throwable failure) {
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (failure instanceof Error error) {
      throw error;
    }
  }
}
