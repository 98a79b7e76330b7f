package io.quarry.bench.experiment;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Four caches whose values expire, in one process. Sizes are exponential around each cluster's
 * mean; values arrive at a rate that swings by half of it up and down each minute; a timer wheel
 * frees them. Reads do not matter to an allocator and are left out: what is published as the share
 * of writes multiplies the rate. At full scale each cluster would hold 256 MiB if all its
 * operations wrote. A smaller scale shortens all times, and so holds less.
 *
 * <p>Source: Yang, Yue, Rashmi, A large scale analysis of hundreds of in-memory cache clusters at
 * Twitter, OSDI 2020, and the statistics published with it; times to live are divided by ten.
 */
final class ExpiringCache implements Experiment {

  private static final double BYTES_OF_CLUSTER = 256.0 * (1 << 20);
  private static final double PERIOD_SECONDS = 60;
  private static final double DURATION_SECONDS = 240;
  private static final double SWING = 0.5;
  private static final double TICKS_PER_SECOND = 100;
  private static final double ROOM = 1.7;
  private static final int MORE_SLOTS = 2_000;
  private static final int OVERHEAD_READINGS = 8;

  private static final List<Cluster> CLUSTERS =
      List.of(
          new Cluster(1_030, .80, 30),
          new Cluster(102, 1.0, 3),
          new Cluster(20_134, .37, 2),
          new Cluster(67_485, .48, 90));

  /** The figures of a cluster, as they are published. */
  private record Cluster(double meanBytes, double setShare, double ttlSeconds) {

    /** Arriving values a second, on average; the same at every scale. */
    double rate() {
      return BYTES_OF_CLUSTER / (ttlSeconds * meanBytes) * setShare;
    }

    int ttlTicks(Setting setting) {
      return (int) Math.max(1, Math.round(ttlSeconds * setting.scale() * TICKS_PER_SECOND));
    }

    /** One tick more than a value lives, at the highest rate, and some. */
    int slotsOfThread(Setting setting) {
      final double ticks = ttlTicks(setting) + 1;
      return (int) (rate() * ticks / TICKS_PER_SECOND / setting.threads() * ROOM) + MORE_SLOTS;
    }
  }

  @Override
  public List<Sizes> sizes() {
    return CLUSTERS.stream()
        .<Sizes>map(cluster -> new ExponentialSizes(cluster.meanBytes()))
        .toList();
  }

  @Override
  public int slots(Setting setting) {
    int slots = 0;
    for (final Cluster cluster : CLUSTERS) {
      slots += cluster.slotsOfThread(setting) * setting.threads();
    }
    return slots;
  }

  @Override
  public long expectedMillis(Setting setting) {
    return (long) (DURATION_SECONDS * setting.scale() * 1e3);
  }

  @Override
  public Map<String, Double> play(Stage stage) throws Exception {
    final Setting setting = stage.setting();
    final Arrivals[][] arrivals = new Arrivals[setting.threads()][CLUSTERS.size()];
    int firstSlot = 0;
    for (int worker = 0; worker < setting.threads(); worker++) {
      final BlockUser user = stage.newUser();
      for (int i = 0; i < CLUSTERS.size(); i++) {
        final UniformRandomProvider random = stage.random(worker * CLUSTERS.size() + i);
        arrivals[worker][i] = new Arrivals(CLUSTERS.get(i), setting, user, random, firstSlot);
        firstSlot += CLUSTERS.get(i).slotsOfThread(setting);
      }
    }
    final double duration = DURATION_SECONDS * setting.scale();
    final Map<String, Double> metrics = new HashMap<>();
    double latest = 0;
    for (int part = 1; part <= OVERHEAD_READINGS; part++) {
      final double from = duration * (part - 1) / OVERHEAD_READINGS;
      final double to = duration * part / OVERHEAD_READINGS;
      final long start = System.nanoTime();
      stage.run(worker -> play(arrivals[worker], from, to, start));
      latest = Math.max(latest, (System.nanoTime() - start) / 1e9 - (to - from));
      metrics.put("overheadPart" + part, stage.overhead());
    }
    stage.readEnd();
    metrics.put("behindSeconds", latest);
    return metrics;
  }

  /** Tick by tick in real time: what the allocator does by the clock is part of the experiment. */
  private static void play(Arrivals[] clusters, double from, double to, long startNanos) {
    final long firstTick = Math.round(from * TICKS_PER_SECOND);
    final long lastTick = Math.round(to * TICKS_PER_SECOND);
    for (long tick = firstTick; tick < lastTick; tick++) {
      final long due = startNanos + (long) ((tick - firstTick) / TICKS_PER_SECOND * 1e9);
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      for (final Arrivals cluster : clusters) {
        cluster.tick(tick / TICKS_PER_SECOND);
      }
    }
  }

  /** What arrives at one cluster in one thread. */
  private static final class Arrivals {

    private final ExponentialSizes sizes;
    private final double perTick;
    private final double periodSeconds;
    private final int ttlTicks;
    private final BlockUser user;
    private final UniformRandomProvider random;
    private final TimerWheel wheel;
    private final int[] emptySlots;
    private int emptyCount;
    private double owed;

    Arrivals(
        Cluster cluster, Setting setting, BlockUser user, UniformRandomProvider random, int slot) {
      this.user = user;
      this.random = random;
      sizes = new ExponentialSizes(cluster.meanBytes());
      perTick = cluster.rate() / TICKS_PER_SECOND / setting.threads();
      periodSeconds = PERIOD_SECONDS * setting.scale();
      ttlTicks = cluster.ttlTicks(setting);
      emptySlots = new int[cluster.slotsOfThread(setting)];
      for (int i = 0; i < emptySlots.length; i++) {
        emptySlots[i] = slot + i;
      }
      emptyCount = emptySlots.length;
      wheel = new TimerWheel(ttlTicks, slot, emptySlots.length);
    }

    void tick(double seconds) {
      wheel.tick(this::expire);
      owed += perTick * (1 + SWING * Math.sin(2 * Math.PI * seconds / periodSeconds));
      while (owed >= 1) {
        owed--;
        final int slot = emptySlots[--emptyCount];
        user.allocate(slot, sizes.next(random));
        wheel.schedule(slot, ttlTicks);
      }
    }

    private void expire(int slot) {
      user.free(slot);
      emptySlots[emptyCount++] = slot;
    }
  }
}
