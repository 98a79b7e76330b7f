package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.allocator.ModelWorker.Kind;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random operations against a reference model: several threads, some of which die with live blocks,
 * and virtual ones where there are such. {@code -Dquarry.test.ops} sets the number of operations,
 * {@code -Dquarry.test.seed} repeats a run as far as the scheduler lets it, {@code -Dquarry.checks}
 * makes all of it run with checks.
 */
class ModelTest {
  private static final long OPERATIONS = Long.getLong("quarry.test.ops", 12_000_000);
  private static final long SEED = Long.getLong("quarry.test.seed", System.nanoTime());
  private static final long CAPACITY = 384L << 20;
  private static final int THREADS = 4;
  private static final long SAMPLE_INTERVAL = 64 << 10;

  @Test
  void manyThreadsAgreeWithTheModel() throws Exception {
    // Short enough that slabs are unmapped and mapped again all the time.
    run(SEED, OPERATIONS * 3 / 4, CAPACITY, Duration.ofMillis(20), ReturnMode.UNMAP);
  }

  @Test
  void manyThreadsAgreeWithTheModelAtTheLimit() throws Exception {
    final Model model =
        run(SEED + 1, OPERATIONS / 8, 24L << 20, Duration.ofMillis(5), ReturnMode.UNMAP);
    assertThat(model.exhaustions()).as("how often the limit was met").isPositive();
  }

  @Test
  void manyThreadsAgreeWithTheModelWhereMemoryIsDiscarded() throws Exception {
    run(SEED + 2, OPERATIONS / 8, 64L << 20, Duration.ofMillis(5), ReturnMode.DISCARD);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void manyThreadsAgreeWithTheModelOnSharedMemory() throws Exception {
    final Duration idleTime = Duration.ofMillis(20);
    final Backing memory = Backing.sharedMemory();
    run(SEED + 3, OPERATIONS / 8, CAPACITY, idleTime, ReturnMode.UNMAP, memory);
    run(SEED + 4, OPERATIONS / 32, 24L << 20, idleTime, ReturnMode.DISCARD, memory);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void manyThreadsAgreeWithTheModelOnAFile(@TempDir final Path directory) throws Exception {
    final Backing file = Backing.file(directory.resolve("blocks"));
    run(SEED + 5, OPERATIONS / 32, 64L << 20, Duration.ofMillis(20), ReturnMode.UNMAP, file);
  }

  /** With samples so dense that every thread meets some, and every block that may be one is. */
  @ParameterizedTest
  @EnumSource(
      value = Checks.class,
      names = {"SAMPLED", "FULL"})
  void manyThreadsAgreeWithTheModelWithChecks(final Checks checks) throws Exception {
    final long operations = OPERATIONS / (checks == Checks.FULL ? 64 : 16);
    final Duration idleTime = Duration.ofMillis(20);
    final Backing memory = Backing.privateMemory();
    run(SEED + 6, operations, CAPACITY, idleTime, ReturnMode.UNMAP, memory, checks);
    // Checked blocks are larger and leave later, so that it takes long to fill what there is.
    final long untilFull = OPERATIONS / (checks == Checks.FULL ? 8 : 16);
    final Model model =
        run(SEED + 7, untilFull, 16L << 20, idleTime, ReturnMode.UNMAP, memory, checks);
    assertThat(model.exhaustions()).as("how often the limit was met").isPositive();
  }

  /** Two arenas that share too little, each with its model; one of them is closed as it is. */
  @Test
  void arenasAgreeWithTheirModelsAndTheirParentWithTheSum() throws Exception {
    final long capacity = 24L << 20;
    final long limit = 20L << 20;
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(capacity)
            .regionSize(16L << 20)
            .idleTime(Duration.ofMillis(5))
            .build()) {
      final Model whole = checkedBy(Checks.byProperty(), new Model(allocator, capacity));
      final List<Model> models =
          List.of(
              checkedBy(Checks.byProperty(), Model.ofArena(allocator.newArena(limit), limit)),
              checkedBy(Checks.byProperty(), Model.ofArena(allocator.newArena(limit), limit)));
      final AtomicBoolean ended = new AtomicBoolean();
      final Thread observer = new Thread(() -> whole.observe(ended), "observer");
      observer.start();
      final List<Thread> players = new ArrayList<>();
      for (final Model model : models) {
        final long seed = SEED + 10 + models.indexOf(model);
        players.add(started(() -> playOrFail(model, seed, OPERATIONS / 16)));
      }
      for (final Thread player : players) {
        player.join();
      }
      ended.set(true);
      observer.join();
      whole.requireNoFailure();
      assertThat(whole.observations()).isPositive();
      long live = 0;
      for (final Model model : models) {
        model.requireNoFailure();
        model.requireEqualToStats();
        live += model.allocator().stats().liveBlocks();
        assertThat(model.exhaustions()).as("how often a limit was met").isPositive();
      }
      assertThat(live).isPositive();
      assertThat(allocator.stats().liveBlocks()).isEqualTo(live);
      models.get(0).allocator().close();
      models.get(1).freeAll();
      final AllocatorStats stats = allocator.stats();
      assertThat(stats.liveBlocks()).isZero();
      assertThat(stats.mallocCount()).isEqualTo(stats.freeCount());
      assertThat(stats.misuseCount()).isZero();
    } catch (final Throwable failure) {
      throw new AssertionError("with -Dquarry.test.seed=" + SEED, failure);
    }
  }

  private static void playOrFail(final Model model, final long seed, final long operations) {
    try {
      play(model, seed, operations);
    } catch (final Throwable thrown) {
      model.failed(thrown);
    }
  }

  private static Model run(
      final long seed,
      final long operations,
      final long capacity,
      final Duration idleTime,
      final ReturnMode mode)
      throws Exception {
    return run(seed, operations, capacity, idleTime, mode, Backing.privateMemory());
  }

  private static Model checkedBy(final Checks checks, final Model model) {
    return checks == Checks.STANDARD ? model : model.withRedZones();
  }

  private static Model run(
      final long seed,
      final long operations,
      final long capacity,
      final Duration idleTime,
      final ReturnMode mode,
      final Backing backing)
      throws Exception {
    return run(seed, operations, capacity, idleTime, mode, backing, Checks.byProperty());
  }

  private static Model run(
      final long seed,
      final long operations,
      final long capacity,
      final Duration idleTime,
      final ReturnMode mode,
      final Backing backing,
      final Checks checks)
      throws Exception {
    final Queue<String> misuses = new ConcurrentLinkedQueue<>();
    try (SlabAllocator allocator =
            SlabAllocator.builder()
                .capacity(capacity)
                .regionSize(16L << 20)
                .idleTime(idleTime)
                .returnMode(mode)
                .backing(backing)
                .misuseListener(misuses::add)
                .checks(checks)
                .sampleInterval(SAMPLE_INTERVAL)
                .build();
        SharedBlocks reader =
            backing == Backing.privateMemory()
                ? null
                : SharedBlocks.attach(allocator.backingPath())) {
      final Model model = checkedBy(checks, new Model(allocator, capacity, reader));
      final long done;
      try {
        done = play(model, seed, operations);
        end(model, mode);
      } catch (final Throwable failure) {
        throw new AssertionError("with -Dquarry.test.seed=" + seed + ' ' + misuses, failure);
      }
      assertThat(done).isGreaterThanOrEqualTo(operations);
      return model;
    }
  }

  private static long play(final Model model, final long seed, final long operations)
      throws InterruptedException {
    final AtomicBoolean ended = new AtomicBoolean();
    final Thread observer = new Thread(() -> model.observe(ended), "observer");
    observer.start();
    try {
      final List<ModelWorker> workers = new ArrayList<>();
      final int generations = 16;
      for (int generation = 0; generation < generations; generation++) {
        // Each generation dies with live blocks; the next ones free them.
        final List<Thread> threads = new ArrayList<>();
        final int virtual = generation % 4 == 3 ? 1 : 0;
        final long share = operations / generations / (THREADS + virtual) + 1;
        for (int i = 0; i < THREADS + virtual; i++) {
          final Kind kind = i == 0 ? Kind.PRODUCER : i == 1 ? Kind.CONSUMER : Kind.MIXED;
          final ModelWorker worker =
              new ModelWorker(model, seed * 31 + generation * 100L + i, share, kind);
          workers.add(worker);
          threads.add(i < THREADS ? started(worker) : startedVirtual(worker));
        }
        for (final Thread thread : threads) {
          thread.join();
        }
        model.requireNoFailure();
      }
      return workers.stream().mapToLong(ModelWorker::done).sum();
    } finally {
      ended.set(true);
      observer.join();
      model.requireNoFailure();
    }
  }

  private static void end(final Model model, final ReturnMode mode) throws InterruptedException {
    final SlabAllocator allocator = model.allocator();
    model.requireEqualToStats();
    model.freeAll();
    final AllocatorStats freed = allocator.stats();
    assertThat(freed.liveBlocks()).as("live blocks").isZero();
    assertThat(freed.liveBytes()).as("live bytes").isZero();
    assertThat(freed.mallocCount()).as("blocks issued").isEqualTo(freed.freeCount());
    assertThat(freed.misuseCount()).as("misuses").isZero();
    assertThat(model.observations()).as("looks at the statistics").isPositive();
    assertThat(model.refusals()).as("bad frees that were tried").isPositive();
    // All other threads are dead, and this one has nothing current that is not empty. The agent may
    // be about to return some of it at this very moment: that arrives a little later.
    final long returned = allocator.trim();
    assertThat(allocator.stats().unmappedBytes()).isGreaterThanOrEqualTo(returned);
    final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(8);
    while (holdsMemory(allocator.stats(), mode) && System.nanoTime() - deadline < 0) {
      Thread.sleep(5);
    }
    final AllocatorStats trimmed = allocator.stats();
    assertThat(holdsMemory(trimmed, mode)).as(trimmed.toText()).isFalse();
  }

  /** Whether anything is left that should be the kernel's again. */
  private static boolean holdsMemory(final AllocatorStats stats, final ReturnMode mode) {
    return stats.mappedBytes() > 0 || mode == ReturnMode.UNMAP && stats.reservedBytes() > 0;
  }

  private static Thread started(final Runnable work) {
    final Thread thread = new Thread(work);
    thread.start();
    return thread;
  }

  /** A virtual thread where the JDK knows them; otherwise one more of the other kind. */
  static Thread startedVirtual(final Runnable work) {
    try {
      return (Thread)
          Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, work);
    } catch (final NoSuchMethodException before21) {
      return started(work);
    } catch (final IllegalAccessException | InvocationTargetException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
