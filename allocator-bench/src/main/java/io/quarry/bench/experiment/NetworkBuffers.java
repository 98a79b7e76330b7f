package io.quarry.bench.experiment;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The buffers of a web-socket proxy: of 8,192 slots a random one is freed and filled anew, with a
 * size that occurs as often as in the proxy. Each thread has slots of its own.
 *
 * <p>Source: the benchmark AllocationPatternSimulator of Netty, from which the sizes are.
 */
final class NetworkBuffers implements Experiment {

  private static final int SLOTS_OF_THREAD = 8_192;
  private static final int CLOCK_PERIOD = 256;
  private static final long DURATION_MILLIS = 5_000;
  private static final long LEAST_MILLIS = 100;
  private static final double MILLION = 1e6;

  private final int usualThreads;

  NetworkBuffers(int usualThreads) {
    this.usualThreads = usualThreads;
  }

  @Override
  public List<Sizes> sizes() {
    return List.of(WeightedSizes.ofProxy());
  }

  @Override
  public int slots(Setting setting) {
    return SLOTS_OF_THREAD * setting.threads();
  }

  @Override
  public int usualThreads() {
    return usualThreads;
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
    final Sizes sizes = WeightedSizes.ofProxy();
    final int threads = stage.setting().threads();
    final BlockUser[] users = new BlockUser[threads];
    for (int i = 0; i < threads; i++) {
      users[i] = stage.newUser();
    }
    final long millis = stage.setting().scaledMillis(DURATION_MILLIS, LEAST_MILLIS);
    final long[] replaced = new long[threads];
    final long start = System.nanoTime();
    stage.run(
        worker ->
            replaced[worker] =
                replace(
                    users[worker], stage.random(worker), worker * SLOTS_OF_THREAD, sizes, millis));
    final long elapsed = System.nanoTime() - start;
    stage.readEnd();
    long sum = 0;
    for (final long each : replaced) {
      sum += each;
    }
    final Map<String, Double> metrics = new HashMap<>();
    metrics.put("nanosPerReplacement", (double) elapsed * threads / sum);
    metrics.put("millionReplacements", sum / MILLION);
    return metrics;
  }

  private static long replace(
      BlockUser user, UniformRandomProvider random, int first, Sizes sizes, long millis) {
    final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long count = 0;
    while (count % CLOCK_PERIOD != 0 || System.nanoTime() - end < 0) {
      final int slot = first + random.nextInt(SLOTS_OF_THREAD);
      user.freeIfTaken(slot);
      user.allocate(slot, sizes.next(random));
      count++;
    }
    return count;
  }
}
