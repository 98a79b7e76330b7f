package io.quarry.bench.experiment;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * A server whose threads inherit blocks: each thread replaces random ones of its 5,000 blocks of 8
 * to 1,000 bytes; after 500,000 replacements it ends, and a new thread takes over its slots. At the
 * start each block was allocated by a thread drawn at random, so that half of the first frees are
 * remote. Each thread's slots are neighbours, as in the original: slots of two threads in one line
 * of cache would cost more than any allocator does.
 *
 * <p>Source: Larson, Krishnan, Memory Allocation for Long-Running Server Applications, ISMM 1998,
 * with the settings of the published runs of rpmalloc.
 */
final class Larson implements Experiment {

  private static final int SLOTS_OF_THREAD = 5_000;
  private static final int GENERATION = 500_000;
  private static final int CLOCK_PERIOD = 256;
  private static final long DURATION_MILLIS = 5_000;
  private static final long LEAST_MILLIS = 100;
  private static final Sizes SIZES = new UniformSizes(8, 1_000);

  @Override
  public List<Sizes> sizes() {
    return List.of(SIZES);
  }

  @Override
  public int slots(Setting setting) {
    return SLOTS_OF_THREAD * setting.threads();
  }

  @Override
  public int usualThreads() {
    return 2;
  }

  @Override
  public boolean isTimed() {
    return false;
  }

  @Override
  public long expectedMillis(Setting setting) {
    return setting.scaledMillis(DURATION_MILLIS, LEAST_MILLIS);
  }

  @Override
  public Map<String, Double> play(Stage stage) throws Exception {
    final int threads = stage.setting().threads();
    final int[] order = shuffled(stage);
    final BlockUser[] users = new BlockUser[threads];
    for (int i = 0; i < threads; i++) {
      users[i] = stage.newUser();
    }
    Workers.run(stage.blocks(), threads, worker -> fill(stage, users[worker], worker, order));
    final double filled = stage.overhead();

    final long start = System.nanoTime();
    final long millis = stage.setting().scaledMillis(DURATION_MILLIS, LEAST_MILLIS);
    final long end = start + TimeUnit.MILLISECONDS.toNanos(millis);
    final Line[] lines = new Line[threads];
    for (int i = 0; i < threads; i++) {
      lines[i] = new Line(users[i], stage.random(threads + i), i * SLOTS_OF_THREAD);
    }
    final FutureTask<?>[] heads = new FutureTask<?>[threads];
    for (int i = 0; i < threads; i++) {
      final Line line = lines[i];
      heads[i] = new FutureTask<>(() -> line.succeedUntil(stage, end), null);
      new Thread(heads[i], "line-" + i).start();
    }
    for (final FutureTask<?> head : heads) {
      head.get();
    }
    stage.addPlayedNanos(System.nanoTime() - start);
    stage.readEnd();
    long generations = 0;
    for (final Line line : lines) {
      generations += line.generations;
    }
    final Map<String, Double> metrics = new HashMap<>();
    metrics.put("overheadFilled", filled);
    metrics.put("generations", (double) generations);
    return metrics;
  }

  private static void fill(Stage stage, BlockUser user, int worker, int[] order) {
    final UniformRandomProvider random = stage.random(worker);
    for (int i = 0; i < SLOTS_OF_THREAD; i++) {
      user.allocate(order[worker * SLOTS_OF_THREAD + i], SIZES.next(random));
    }
  }

  private static int[] shuffled(Stage stage) {
    final int[] order = new int[SLOTS_OF_THREAD * stage.setting().threads()];
    final UniformRandomProvider random = stage.random(-1);
    for (int i = 0; i < order.length; i++) {
      final int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  /** Threads that follow each other, each with the slots of the one before. */
  private static final class Line {

    private final BlockUser user;
    private final UniformRandomProvider random;
    private final int first;
    private volatile boolean over;
    private long generations;

    Line(BlockUser user, UniformRandomProvider random, int first) {
      this.user = user;
      this.random = random;
      this.first = first;
    }

    void succeedUntil(Stage stage, long endNanos) {
      while (!over) {
        generations++;
        try {
          Workers.join(Workers.start(stage.blocks(), 0, worker -> live(endNanos)));
        } catch (Exception e) {
          throw new IllegalStateException("a generation failed", e);
        }
      }
    }

    private void live(long endNanos) {
      for (int i = 0; i < GENERATION; i++) {
        if (i % CLOCK_PERIOD == 0 && System.nanoTime() - endNanos >= 0) {
          over = true;
          return;
        }
        final int slot = first + random.nextInt(SLOTS_OF_THREAD);
        user.free(slot);
        user.allocate(slot, SIZES.next(random));
      }
    }
  }
}
