package io.quarry.bench.experiment;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Some threads allocate batches of 4,096 blocks of 64 bytes and put them on a stack of at most 100
 * under a lock; as many others take them and free all blocks. Known as xmalloc-test.
 *
 * <p>Source: Lever, Boreham, malloc() Performance in a Multithreaded Linux Environment, USENIX
 * 2000, with the settings of the published runs of mimalloc-bench and rpmalloc.
 */
final class ProducersAndConsumers implements Experiment {

  private static final int BATCH = 4_096;
  private static final int MOST_BATCHES = 100;
  private static final int SIZE_BYTES = 64;
  private static final long DURATION_MILLIS = 5_000;
  private static final long LEAST_MILLIS = 100;

  /** Of these threads every second one is a producer. */
  @Override
  public int usualThreads() {
    return 2;
  }

  private static int pairs(Setting setting) {
    return Math.max(1, setting.threads() / 2);
  }

  /** Those on the stack, and one in the hands of each thread. */
  private static int batches(Setting setting) {
    return MOST_BATCHES + 2 * pairs(setting);
  }

  @Override
  public List<Sizes> sizes() {
    return List.of(new UniformSizes(SIZE_BYTES, SIZE_BYTES));
  }

  @Override
  public int slots(Setting setting) {
    return BATCH * batches(setting);
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
    final int pairs = pairs(stage.setting());
    final Exchange exchange = new Exchange(batches(stage.setting()));
    final BlockUser[] users = new BlockUser[2 * pairs];
    for (int i = 0; i < users.length; i++) {
      users[i] = stage.newUser();
    }
    final long start = System.nanoTime();
    final long end =
        start
            + TimeUnit.MILLISECONDS.toNanos(
                stage.setting().scaledMillis(DURATION_MILLIS, LEAST_MILLIS));
    final long[] freed = new long[users.length];
    Workers.run(
        stage.blocks(),
        users.length,
        worker -> {
          if (worker < pairs) {
            produce(exchange, users[worker], end);
          } else {
            freed[worker] = consume(exchange, users[worker], end);
          }
        });
    final long elapsed = System.nanoTime() - start;
    stage.addPlayedNanos(elapsed);
    stage.readEnd();
    final Map<String, Double> metrics = new HashMap<>();
    long sum = 0;
    for (final long each : freed) {
      sum += each;
    }
    metrics.put("freesPerSecond", sum * 1e9 / elapsed);
    return metrics;
  }

  private static void produce(Exchange exchange, BlockUser user, long endNanos)
      throws InterruptedException {
    for (int batch = exchange.takeEmpty(endNanos); batch >= 0; ) {
      for (int slot = batch * BATCH; slot < (batch + 1) * BATCH; slot++) {
        user.allocate(slot, SIZE_BYTES);
      }
      exchange.putFull(batch);
      batch = exchange.takeEmpty(endNanos);
    }
  }

  private static long consume(Exchange exchange, BlockUser user, long endNanos)
      throws InterruptedException {
    long freed = 0;
    for (int batch = exchange.takeFull(endNanos); batch >= 0; ) {
      for (int slot = batch * BATCH; slot < (batch + 1) * BATCH; slot++) {
        user.free(slot);
      }
      freed += BATCH;
      exchange.putEmpty(batch);
      batch = exchange.takeFull(endNanos);
    }
    return freed;
  }

  /** The stack of full batches, and the numbers of empty ones, under one lock. */
  private static final class Exchange {

    private final Deque<Integer> full = new ArrayDeque<>();
    private final Deque<Integer> empty = new ArrayDeque<>();

    Exchange(int batches) {
      for (int i = 0; i < batches; i++) {
        empty.add(i);
      }
    }

    /** A batch to fill, once the stack has room; -1 when the time is over. */
    synchronized int takeEmpty(long endNanos) throws InterruptedException {
      while (full.size() >= MOST_BATCHES || empty.isEmpty()) {
        if (!await(endNanos)) {
          return -1;
        }
      }
      return System.nanoTime() - endNanos < 0 ? empty.pop() : -1;
    }

    synchronized int takeFull(long endNanos) throws InterruptedException {
      while (full.isEmpty()) {
        if (!await(endNanos)) {
          return -1;
        }
      }
      return System.nanoTime() - endNanos < 0 ? full.pop() : -1;
    }

    private boolean await(long endNanos) throws InterruptedException {
      final long millis = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
      if (millis <= 0) {
        return false;
      }
      wait(millis);
      return true;
    }

    synchronized void putFull(int batch) {
      full.push(batch);
      notifyAll();
    }

    synchronized void putEmpty(int batch) {
      empty.push(batch);
      notifyAll();
    }
  }
}
