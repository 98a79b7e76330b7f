package io.quarry.bench.soak;

import io.quarry.allocator.AllocatorStats;
import io.quarry.allocator.Checks;
import io.quarry.allocator.MemoryPressure;
import io.quarry.allocator.SlabAllocator;
import io.quarry.bench.loops.VirtualThreads;
import io.quarry.bench.measure.ResidentMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Rounds of work by all actors, each with a rest point at its end: everything is verified and
 * counted there, most of it freed, and what is still held is measured. For one thread.
 */
final class Soak {

  private static final Duration IDLE_TIME = Duration.ofMillis(50);
  private static final int SHARED_SLOTS = 16_384;
  private static final int EXPIRING_SLOTS = 768;
  private static final int GROWING_SLOTS = 10;
  private static final int SLOTS = SHARED_SLOTS + EXPIRING_SLOTS + GROWING_SLOTS;

  /** Of the shared slots, one in so many keeps its block at a rest point. */
  private static final int KEPT = 16;

  private static final int SHIFTING = 3;
  private static final int PLATFORM_THREADS = 3;
  private static final int VIRTUAL_THREADS = 24;
  private static final double CEILING = 0.6;
  private static final double PRESSURE = 0.9;
  private static final int EVICTED_SHARE = 16;

  /** Much more than any of them takes, but for a process that is stopped meanwhile. */
  private static final long PATIENCE_MINUTES = 30;

  /** Two a quarter, also where the process is stopped for most of its time. */
  private static final int LEAST_LEVELS = 8;

  private static final int LOOKS = 200;
  private static final int LOOK_MILLIS = 25;

  /** Of the JVM's own: threads, code, arenas of the C library. */
  private static final long MORE_MAPPINGS = 200;

  private final Plan plan;
  private final Watcher watcher;
  private final Verdict verdict = new Verdict();
  private final Tally tally = new Tally();
  private final List<Actor> actors = new ArrayList<>();
  private final List<Level> levels = new ArrayList<>();
  private final RefusingKernel kernel;
  private final Shelf shelf;
  private final UniformRandomProvider random;
  private final UniformRandomProvider evictions;
  private final long mappingsBefore;
  private final SlabAllocator allocator;
  private final Calls calls;
  private final long startNanos;
  private volatile boolean resting;

  /** Hears how a soak goes; for tests also the place to interfere. */
  interface Watcher {

    /** A rest point: nobody works, and nothing was freed yet. */
    void atRest(int round, Tally tally, Shelf shelf, SlabAllocator allocator);
  }

  Soak(Plan plan, Watcher watcher) {
    this.plan = plan;
    this.watcher = watcher;
    kernel = new RefusingKernel(plan.random(0));
    random = plan.random(1);
    evictions = plan.random(2);
    shelf = new Shelf(SLOTS, plan.seed(), tally, verdict);
    mappingsBefore = ResidentMemory.mappings();
    startNanos = System.nanoTime();
    allocator =
        builder(plan.capacityBytes())
            .relocator(shelf)
            .softLimit(plan.capacityBytes() / 8 * 7)
            .pressureListener(PRESSURE, this::evict)
            .build();
    calls = new Calls(allocator, kernel, tally);
    cast();
  }

  private SlabAllocator.Builder builder(long capacityBytes) {
    return kernel
        .standBehind(SlabAllocator.builder())
        .capacity(capacityBytes)
        .regionSize(16 << 20)
        .idleTime(IDLE_TIME)
        .checks(plan.checks())
        .misuseListener(found -> verdict.report(new Divergence("found late: " + found)));
  }

  private void evict(MemoryPressure pressure) {
    try {
      shelf.evict(calls, evictions, pressure.capacityBytes() / EVICTED_SHARE);
    } catch (Divergence divergence) {
      verdict.report(divergence);
    } catch (IllegalArgumentException refusal) {
      verdict.report(new Divergence("a block that was evicted could not be freed", refusal));
    }
  }

  /** Each with a seed of its own, by its number. */
  private void cast() {
    final long ceiling = (long) (CEILING * plan.capacityBytes());
    for (int i = 0; i < SHIFTING; i++) {
      actors.add(new Shifts(part(0, SHARED_SLOTS), ceiling));
    }
    actors.add(new ExpiryWaves(part(SHARED_SLOTS, EXPIRING_SLOTS)));
    actors.add(new Growth(part(SHARED_SLOTS + EXPIRING_SLOTS, GROWING_SLOTS)));
    actors.add(new ArenaLives(calls, nextRandom()));
    actors.add(new Misuse(() -> builder(4 << 20).build(), part(0, SLOTS)));
    actors.add(
        new ShortLives(
            part(0, SHARED_SLOTS),
            ceiling,
            PLATFORM_THREADS,
            Executors::newCachedThreadPool,
            tally.platformThreads));
    if (Runtime.version().feature() >= VirtualThreads.SINCE) {
      actors.add(
          new ShortLives(
              part(0, SHARED_SLOTS),
              ceiling,
              VIRTUAL_THREADS,
              VirtualThreads::executor,
              tally.virtualThreads));
    }
    actors.add(new Upkeep(allocator, shelf, tally, nextRandom()));
    actors.add(new Weather(kernel, tally, nextRandom()));
  }

  private UniformRandomProvider nextRandom() {
    return plan.random(100 + actors.size());
  }

  private Part part(int first, int slots) {
    return new Part(shelf, first, slots, calls, nextRandom());
  }

  /**
   * Carries it out.
   *
   * @throws Divergence if anything was not as it must be
   */
  Outcome run() throws InterruptedException {
    final ExecutorService stage = Executors.newFixedThreadPool(actors.size());
    int rounds = 0;
    try {
      do {
        work(stage);
        rounds++;
        rest(rounds);
      } while (elapsedSeconds() < plan.duration().toMillis() / 1e3 || levels.size() < LEAST_LEVELS);
    } finally {
      resting = true;
      stage.shutdown();
    }
    end();
    return outcome(rounds);
  }

  private double elapsedSeconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  private void work(ExecutorService stage) throws InterruptedException {
    resting = false;
    final long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(plan.roundMillis());
    final List<Callable<Void>> roles = new ArrayList<>();
    for (final Actor actor : actors) {
      roles.add(() -> play(actor, endNanos));
    }
    final List<Future<Void>> ends = stage.invokeAll(roles, PATIENCE_MINUTES, TimeUnit.MINUTES);
    verdict.demandNone();
    for (int i = 0; i < ends.size(); i++) {
      try {
        ends.get(i).get();
      } catch (CancellationException e) {
        throw new Divergence(
            actors.get(i).getClass().getSimpleName()
                + " has not come to rest for "
                + PATIENCE_MINUTES
                + " minutes",
            e);
      } catch (ExecutionException e) {
        throw divergence(actors.get(i), e.getCause());
      }
    }
  }

  private Void play(Actor actor, long endNanos) throws Exception {
    try {
      do {
        actor.step();
      } while (!resting && !verdict.isSpoken() && System.nanoTime() - endNanos < 0);
      return null;
    } catch (Throwable failure) {
      resting = true; // All others may stop as well.
      throw failure;
    }
  }

  /** What an actor failed with, which is one already or an exception that nobody expected. */
  private static Divergence divergence(Actor actor, Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof ExecutionException) {
      cause = cause.getCause();
    }
    final String who = actor.getClass().getSimpleName();
    return new Divergence(
        who + ": " + (cause instanceof Divergence ? cause.getMessage() : cause), cause);
  }

  private void rest(int round) throws InterruptedException {
    kernel.refuse(0);
    watcher.atRest(round, tally, shelf, allocator);
    for (int i = 0; i < SLOTS; i++) {
      shelf.read(i);
    }
    demandAccounts();
    for (int i = 0; i < SLOTS; i++) {
      if (i >= SHARED_SLOTS || i % KEPT != 0) {
        shelf.free(calls, random, i);
      }
    }
    actors.forEach(Actor::atRest);
    demandAccounts();
    allocator.compact(shelf);
    allocator.trim();
    if (elapsedSeconds() * 1e3 > plan.warmUpMillis()) {
      levels.add(level());
    }
    verdict.demandNone();
  }

  /** Looks until a compaction in the background, which holds blocks twice, has come to rest. */
  private void demandAccounts() throws InterruptedException {
    final Shelf.Count count = shelf.count(allocator);
    AllocatorStats stats = allocator.stats();
    for (int look = 0; look < LOOKS && !agree(stats, count); look++) {
      Thread.sleep(LOOK_MILLIS);
      stats = allocator.stats();
    }
    if (!agree(stats, count)) {
      throw new Divergence(
          "the books do not agree with the shelf, which has "
              + count.blocks()
              + " blocks of "
              + count.usableBytes()
              + " bytes:\n"
              + stats.toText());
    }
    Upkeep.demandIdentity(stats);
    demandMapped(stats);
  }

  /** Looks again: between two readings the maintenance thread may give back what is idle. */
  private void demandMapped(AllocatorStats first) throws InterruptedException {
    AllocatorStats stats = first;
    long mapped = kernel.mappedBytes();
    for (int look = 0; look < LOOKS && mapped < stats.mappedBytes(); look++) {
      Thread.sleep(LOOK_MILLIS);
      stats = allocator.stats();
      mapped = kernel.mappedBytes();
    }
    if (mapped < stats.mappedBytes()) {
      throw new Divergence(
          "the allocator counts more than the kernel has mapped, "
              + mapped
              + " bytes:\n"
              + stats.toText());
    }
  }

  private boolean agree(AllocatorStats stats, Shelf.Count count) {
    // Blocks that are checked have red zones, which are live and not usable.
    final boolean bytesAgree =
        plan.checks() == Checks.STANDARD
            ? stats.liveBytes() == count.usableBytes()
            : stats.liveBytes() >= count.usableBytes();
    return bytesAgree
        && stats.liveBlocks() == count.blocks()
        && stats.mallocCount() - stats.freeCount() == count.blocks()
        && stats.misuseCount() == 0;
  }

  private Level level() {
    System.gc();
    final Runtime runtime = Runtime.getRuntime();
    return new Level(
        elapsedSeconds(),
        ResidentMemory.exactBytes(),
        runtime.totalMemory() - runtime.freeMemory(),
        ResidentMemory.mappings(),
        allocator.stats().mappedBytes());
  }

  /** Everything is freed, counted, closed; and nothing of it is left. */
  private void end() throws InterruptedException {
    for (int i = 0; i < SLOTS; i++) {
      shelf.free(calls, random, i);
    }
    demandAccounts();
    actors.forEach(Actor::end);
    allocator.close();
    verdict.demandNone();
    if (kernel.mappedBytes() != 0) {
      throw new Divergence("still mapped after everything was closed: " + kernel.mappedRanges());
    }
  }

  private Outcome outcome(int rounds) {
    final Quarters rss = new Quarters("resident memory", levels, Level::rssBytes);
    final Quarters heap = new Quarters("the Java heap in use", levels, Level::heapBytes);
    final long mappingsAfter = ResidentMemory.mappings();
    return new Outcome(
        tally,
        kernel.refusals(),
        rounds,
        actors.size(),
        elapsedSeconds(),
        List.copyOf(levels),
        rss,
        heap,
        mappingsBefore,
        mappingsAfter);
  }

  /** Fails if a level has risen from the first quarter to the last, or mappings are left. */
  static void demandFlat(Outcome outcome, Tolerance tolerance) {
    outcome.rss().demandFlat(tolerance.share(), tolerance.rssBytes());
    outcome.heap().demandFlat(tolerance.share(), tolerance.heapBytes());
    if (outcome.mappingsAfter() > outcome.mappingsBefore() + MORE_MAPPINGS) {
      throw new Divergence(
          "the process had "
              + outcome.mappingsBefore()
              + " mappings before, and has "
              + outcome.mappingsAfter()
              + " after everything was closed");
    }
  }
}
