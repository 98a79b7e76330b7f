package io.quarry.bench.soak;

import io.quarry.allocator.Allocator;
import io.quarry.allocator.SlabAllocator;
import io.quarry.bench.experiment.Experiments;
import io.quarry.bench.experiment.Sizes;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;

/** Arenas that are opened, some within others, used, and closed with what is live in them. */
final class ArenaLives implements Actor {

  private static final List<List<Sizes>> HISTORIES = Experiments.histories();
  private static final int MOST_BLOCKS = 600;
  private static final long LEAST_LIMIT = 1 << 17;
  private static final int MOST_LIMIT = 12 << 20;

  private final Calls parent;
  private final Tally tally;
  private final UniformRandomProvider random;

  /** A block of an arena. */
  private record Held(long address, long sizeBytes, long identity) {}

  ArenaLives(Calls parent, UniformRandomProvider random) {
    this.parent = parent;
    this.tally = parent.tally();
    this.random = random;
  }

  @Override
  public void step() {
    try (SlabAllocator outer =
        parent.allocator().newArena(LEAST_LIMIT + random.nextInt(MOST_LIMIT))) {
      live(outer);
      if (random.nextBoolean()) {
        final long limit = Math.max(LEAST_LIMIT, outer.stats().capacityBytes() / 2);
        final SlabAllocator inner = outer.newArena(limit);
        live(inner);
        if (random.nextBoolean()) {
          closeAndDemandRefusal(inner);
        }
      }
      closeAndDemandRefusal(outer);
    }
  }

  private void closeAndDemandRefusal(SlabAllocator arena) {
    arena.close();
    tally.arenas.increment();
    try {
      arena.malloc(1);
    } catch (IllegalStateException closed) {
      tally.refusedMisuse.increment();
      return;
    }
    throw new Divergence("an arena that is closed has handed out a block");
  }

  private void live(SlabAllocator arena) {
    final List<Sizes> history = HISTORIES.get(random.nextInt(HISTORIES.size()));
    final Calls calls = parent.to(arena);
    final List<Held> blocks = new ArrayList<>();
    for (int i = random.nextInt(MOST_BLOCKS); i > 0; i--) {
      final long size = history.get(random.nextInt(history.size())).next(random);
      final long address = calls.allocate(random, size);
      if (address == Allocator.NULL || random.nextInt(4) == 0) {
        freeOne(calls, blocks);
      }
      if (address != Allocator.NULL) {
        final Held block = new Held(address, size, random.nextLong());
        Contents.fill(address, size, block.identity());
        blocks.add(block);
      }
    }
    blocks.forEach(this::verify);
    final long live = arena.stats().liveBlocks();
    if (live != blocks.size()) {
      throw new Divergence("an arena of " + blocks.size() + " blocks says it has " + live);
    }
  }

  private void freeOne(Calls calls, List<Held> blocks) {
    if (!blocks.isEmpty()) {
      final Held block = blocks.remove(random.nextInt(blocks.size()));
      verify(block);
      calls.free(block.address());
    }
  }

  private void verify(Held block) {
    Contents.verify(block.address(), block.sizeBytes(), block.identity());
    tally.verifiedBytes.add(block.sizeBytes());
  }
}
