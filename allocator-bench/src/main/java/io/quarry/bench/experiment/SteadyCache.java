package io.quarry.bench.experiment;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.RejectionInversionZipfSampler;
import org.apache.commons.rng.sampling.distribution.SharedStateDiscreteSampler;

/**
 * A look-aside cache, full, whose keys are drawn by their popularity: thirty GETs to one SET, a
 * miss fills, the least recently used make room. Each thread has a share of the keys and of the
 * capacity to itself. A turnover is over when as many bytes were written as the cache may hold;
 * after each the overhead is read. The sizes may change from turnover to turnover.
 *
 * <p>Source: Atikoglu et al., Workload Analysis of a Large-Scale Key-Value Store, SIGMETRICS 2012
 * (the pool ETC); the changing sizes are those of production caches that CacheLib was tested with.
 */
final class SteadyCache implements Experiment {

  private static final double CAPACITY_BYTES = 4.0 * (1L << 30);
  private static final double KEYS = 20e6;
  private static final double ZIPF_EXPONENT = 0.99;
  private static final int OPERATIONS_PER_SET = 31;
  private static final double NANOS_PER_OPERATION = 150;
  private static final double NANOS_PER_WRITE = 1_000;

  private final List<Sizes> turnovers;

  /**
   * Describes one.
   *
   * @param turnovers the sizes of each turnover
   */
  SteadyCache(List<Sizes> turnovers) {
    this.turnovers = List.copyOf(turnovers);
  }

  private static int keysOfThread(Setting setting) {
    return (int) (setting.scaled(KEYS, 1_000) / setting.threads());
  }

  private static long capacityOfThread(Setting setting) {
    return setting.scaled(CAPACITY_BYTES, 1 << 20) / setting.threads();
  }

  @Override
  public List<Sizes> sizes() {
    return turnovers;
  }

  @Override
  public int slots(Setting setting) {
    return Math.multiplyExact(keysOfThread(setting), setting.threads());
  }

  @Override
  public int bytesPerSlot() {
    return 2 * Integer.BYTES;
  }

  @Override
  public long expectedMillis(Setting setting) {
    double nanos = 0;
    for (final Sizes sizes : turnovers) {
      final double writes = capacityOfThread(setting) / sizes.mean();
      nanos += writes * (NANOS_PER_WRITE + OPERATIONS_PER_SET / 2.0 * NANOS_PER_OPERATION);
    }
    return (long) (nanos / 1e6);
  }

  @Override
  public Map<String, Double> play(Stage stage) throws Exception {
    final int threads = stage.setting().threads();
    final Client[] clients = new Client[threads];
    for (int i = 0; i < threads; i++) {
      clients[i] = new Client(stage, i);
    }
    final Map<String, Double> metrics = new HashMap<>();
    for (int turnover = 1; turnover <= turnovers.size(); turnover++) {
      final Sizes sizes = turnovers.get(turnover - 1);
      stage.run(worker -> clients[worker].turnOver(sizes));
      metrics.put("overheadTurnover" + turnover, stage.overhead());
    }
    stage.readEnd();
    double evictions = 0;
    double gets = 0;
    double hits = 0;
    for (final Client client : clients) {
      evictions += client.cache.evictions();
      gets += client.gets;
      hits += client.hits;
    }
    metrics.put("evictions", evictions);
    metrics.put("hitRatio", hits / gets);
    return metrics;
  }

  /** One thread and its share of the cache. */
  private static final class Client {

    private final LruCache cache;
    private final UniformRandomProvider random;
    private final SharedStateDiscreteSampler keys;
    private final long capacityBytes;
    private long gets;
    private long hits;

    Client(Stage stage, int index) {
      final int keyCount = keysOfThread(stage.setting());
      capacityBytes = capacityOfThread(stage.setting());
      random = stage.random(index);
      keys = RejectionInversionZipfSampler.of(random, keyCount, ZIPF_EXPONENT);
      cache =
          new LruCache(stage.newUser(), stage.table(), index * keyCount, keyCount, capacityBytes);
    }

    void turnOver(Sizes sizes) {
      final long end = cache.writtenBytes() + capacityBytes;
      while (cache.writtenBytes() < end) {
        final int key = keys.sample() - 1;
        if (random.nextInt(OPERATIONS_PER_SET) == 0) {
          set(key, sizes);
        } else {
          gets++;
          if (cache.get(key)) {
            hits++;
          } else {
            set(key, sizes);
          }
        }
      }
    }

    private void set(int key, Sizes sizes) {
      cache.set(key, Math.max(Stage.LEAST_BYTES, sizes.next(random)));
    }
  }
}
