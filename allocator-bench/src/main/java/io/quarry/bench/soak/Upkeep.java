package io.quarry.bench.soak;

import io.quarry.allocator.AllocatorStats;
import io.quarry.allocator.SlabAllocator;
import java.time.Duration;
import org.apache.commons.rng.UniformRandomProvider;

/** Compacts, trims and counts by hand, while all others go on. */
final class Upkeep implements Actor {

  private static final int PAUSE_MILLIS = 10;
  private static final int MOST_SLICE_MILLIS = 20;
  private static final int MOST_SLICE_BYTES = 8 << 20;

  private final SlabAllocator allocator;
  private final Shelf shelf;
  private final Tally tally;
  private final UniformRandomProvider random;

  Upkeep(SlabAllocator allocator, Shelf shelf, Tally tally, UniformRandomProvider random) {
    this.allocator = allocator;
    this.shelf = shelf;
    this.tally = tally;
    this.random = random;
  }

  @Override
  public void step() throws InterruptedException {
    final long start = System.nanoTime();
    switch (random.nextInt(8)) {
      case 0, 1 -> {
        allocator.compact(
            shelf,
            random.nextInt(MOST_SLICE_BYTES),
            Duration.ofMillis(random.nextInt(MOST_SLICE_MILLIS)));
        tally.called("compact", start);
        tally.compactions.increment();
      }
      case 2 -> {
        allocator.trim();
        tally.called("trim", start);
        tally.trims.increment();
      }
      case 3 -> {
        allocator.residentBytes();
        tally.called("residentBytes", start);
      }
      default -> {
        final AllocatorStats stats = allocator.stats();
        tally.called("stats", start);
        demandIdentity(stats);
      }
    }
    Thread.sleep(random.nextInt(PAUSE_MILLIS));
  }

  /** What is mapped is accounted for to the byte, and within the limit. */
  static void demandIdentity(AllocatorStats stats) {
    final long parts =
        stats.liveBytes() + stats.freeBlockBytes() + stats.tailBytes() + stats.idleBytes();
    if (stats.mappedBytes() != parts || stats.mappedBytes() > stats.capacityBytes()) {
      throw new Divergence("the books do not add up:\n" + stats.toText());
    }
  }
}
