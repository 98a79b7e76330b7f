package io.quarry.bench.experiment;

import io.quarry.bench.measure.Measurement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Fills, frees much of it, and then makes no call at all: how long until resident memory is down to
 * what is live? Then fills again.
 *
 * <p>Memory is down when it is at most 1.1 times the live bytes; where nothing is live, at most 5%
 * of what was filled, since a JVM has its own ups and downs. Once down, it is watched until it has
 * fallen no further for five seconds; its floor is the least until then.
 */
final class GiveBack implements Experiment {

  /** What is freed. */
  enum Freed {
    ALL,
    RANDOM,
    OLDEST
  }

  private static final double FILL_BYTES = 4.0 * (1L << 30);
  private static final double FREED_SHARE = 0.9;
  private static final double DOWN = 1.1;
  private static final double DOWN_OF_NOTHING = 0.05;
  private static final double STEADY = 0.001;
  private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int POLL_MILLIS = 20;
  private static final double ROOM = 1.02;
  private static final int MORE_SLOTS = 4_096;
  private static final double NANOS_PER_BLOCK = 1_500;
  private static final long EXPECTED_WAIT_MILLIS = 7_000;

  private final Sizes sizes;
  private final Freed freed;

  GiveBack(Sizes sizes, Freed freed) {
    this.sizes = sizes;
    this.freed = freed;
  }

  private static long fillBytes(Setting setting) {
    return setting.scaled(FILL_BYTES, 2 << 20);
  }

  private int slotsOfThread(Setting setting) {
    return (int) (fillBytes(setting) / sizes.mean() / setting.threads() * ROOM) + MORE_SLOTS;
  }

  @Override
  public List<Sizes> sizes() {
    return List.of(sizes);
  }

  @Override
  public int slots(Setting setting) {
    return Math.multiplyExact(slotsOfThread(setting), setting.threads());
  }

  @Override
  public long expectedMillis(Setting setting) {
    return EXPECTED_WAIT_MILLIS
        + (long) (fillBytes(setting) / sizes.mean() * NANOS_PER_BLOCK / 1e6);
  }

  @Override
  public Map<String, Double> play(Stage stage) throws Exception {
    final int threads = stage.setting().threads();
    final Share[] shares = new Share[threads];
    for (int i = 0; i < threads; i++) {
      shares[i] = new Share(stage, sizes, i, slotsOfThread(stage.setting()));
    }
    final long share = fillBytes(stage.setting()) / threads;
    stage.run(worker -> shares[worker].fill(share));
    final long filledBytes = stage.grownBytes();
    stage.run(worker -> shares[worker].free(freed));
    final Map<String, Double> metrics = new HashMap<>();
    metrics.put("rssFilledBytes", (double) filledBytes);
    metrics.put("freedAtSeconds", stage.recorder().elapsedSeconds());
    awaitReturn(stage, fillBytes(stage.setting()), metrics);
    stage.readEnd();
    for (final Share each : shares) {
      each.user.forgetAllocations(); // it is the refill's latency that counts
    }
    stage.run(worker -> shares[worker].fill(share));
    return metrics;
  }

  private void awaitReturn(Stage stage, long fillBytes, Map<String, Double> metrics)
      throws InterruptedException {
    final long live = stage.liveBytes();
    final double target = live == 0 ? DOWN_OF_NOTHING * fillBytes : DOWN * live;
    final long start = System.nanoTime();
    final long patience = TimeUnit.SECONDS.toNanos(stage.setting().patienceSeconds());
    final double step = STEADY * fillBytes;
    double floor = Double.MAX_VALUE;
    long steadySince = start;
    long downNanos = -1;
    while (System.nanoTime() - start < patience) {
      final double grown = stage.quicklyGrownBytes();
      final long now = System.nanoTime();
      if (grown < floor - step) {
        steadySince = now;
        floor = grown;
      }
      if (downNanos < 0 && grown <= target && stage.grownBytes() <= target) {
        downNanos = now - start;
        metrics.put(Measurement.RSS_SECONDS, downNanos / 1e9);
      }
      if (downNanos >= 0 && now - steadySince > STEADY_NANOS) {
        break;
      }
      Thread.sleep(POLL_MILLIS);
    }
    final double exact = stage.grownBytes();
    metrics.put("floorBytes", Math.min(floor, exact));
    if (live > 0) {
      metrics.put("floorRatio", Math.min(floor, exact) / live);
    }
  }

  /** What one thread fills and frees. */
  private static final class Share {

    private final Sizes sizes;
    private final UniformRandomProvider random;
    private final int[] order;
    private final BlockUser user;
    private int count;

    Share(Stage stage, Sizes sizes, int index, int slots) {
      this.sizes = sizes;
      this.random = stage.random(index);
      this.user = stage.newUser();
      this.order = new int[slots];
      for (int i = 0; i < slots; i++) {
        order[i] = index * slots + i;
      }
    }

    void fill(long bytes) {
      while (user.liveBytes() < bytes && count < order.length) {
        user.allocate(order[count], sizes.next(random));
        count++;
      }
    }

    void free(Freed freed) {
      final int toFree = freed == Freed.ALL ? count : (int) (count * FREED_SHARE);
      if (freed == Freed.RANDOM) {
        for (int i = 0; i < toFree; i++) {
          swap(i, i + random.nextInt(count - i));
        }
      }
      for (int i = 0; i < toFree; i++) {
        user.free(order[i]);
      }
      // What is left moves to the front; the empty slots follow it.
      for (int i = toFree; i < count; i++) {
        swap(i - toFree, i);
      }
      count -= toFree;
    }

    private void swap(int one, int other) {
      final int slot = order[one];
      order[one] = order[other];
      order[other] = slot;
    }
  }
}
