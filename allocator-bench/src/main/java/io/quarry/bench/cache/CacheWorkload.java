package io.quarry.bench.cache;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.measure.Latencies;
import io.quarry.bench.measure.Measurement;
import io.quarry.bench.measure.ResidentMemory;
import io.quarry.bench.measure.RssRecorder;
import io.quarry.bench.measure.RssSample;
import io.quarry.bench.workload.Plan;
import io.quarry.bench.workload.Rates;
import io.quarry.bench.workload.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Fills and uses the cache, then clears it and makes no call at all while resident memory is
 * watched: what was freed should go back to the machine without anybody asking.
 */
public final class CacheWorkload implements Workload {

  /** The name. */
  public static final String NAME = "cache";

  private static final int RSS_PERIOD_MILLIS = 50;

  /** The warm-up plays this part of the tapes on a cache that is this much smaller. */
  private static final int WARMUP_PART = 8;

  private static final int SETTLE_MILLIS = 200;

  /** In the comparison nobody is short of memory: so many times what the cache may hold. */
  private static final int AMPLE = 4;

  /** Afterwards, where the allocator has a limit: half of what the cache would like to hold. */
  private static final int SCARCE_PART = 2;

  private static final int SCARCE_PART_OF_OPERATIONS = 4;

  /** Below this, a slab of each class for each thread would take all there is. */
  private static final long LEAST_LIMIT_BYTES = 16L << 20;

  @Override
  public List<Measurement> run(Peer peer, Plan plan, long seed) throws Exception {
    final List<OperationTape> tapes = tapes(plan, seed);
    warmUp(peer, plan, tapes);
    final List<CacheClient> clients = tapes.stream().map(CacheClient::new).toList();
    final long rssBefore = ResidentMemory.exactBytes();
    try (RssRecorder recorder = new RssRecorder(RSS_PERIOD_MILLIS);
        LookAsideCache cache =
            new LookAsideCache(ValueStore.open(peer, ampleBytes(plan)), plan.cacheBytes())) {
      final long elapsed = play(cache, clients, plan.cacheOperations(), plan.cacheLimitMillis());
      final Map<String, Double> metrics = results(clients, elapsed);
      recordFill(metrics, cache, recorder, rssBefore);

      final double clearingSeconds = recorder.elapsedSeconds();
      cache.clear();
      final double clearedSeconds = recorder.elapsedSeconds();
      metrics.put("clearMillis", (clearedSeconds - clearingSeconds) * 1e3);
      Thread.sleep(plan.tailMillis());
      metrics.put("rssAfterIdleBytes", (double) ResidentMemory.exactBytes());
      metrics.put("idleSeconds", plan.tailMillis() / 1e3);
      cache.describe(metrics);
      if (peer == Peer.QUARRY) {
        useWithScarceMemory(peer, plan, tapes, metrics);
      }
      final List<RssSample> series =
          recorder.samples().stream()
              .map(s -> new RssSample(s.seconds() - clearedSeconds, s.bytes() - rssBefore))
              .toList();
      return List.of(new Measurement(NAME, peer.id(), clients.size(), metrics, series));
    }
  }

  /**
   * The same cache on half of the memory that it would take: it holds what fits because it is told
   * in time. Not part of the comparison, and after everything that is.
   */
  private static void useWithScarceMemory(
      Peer peer, Plan plan, List<OperationTape> tapes, Map<String, Double> metrics)
      throws Exception {
    try (LookAsideCache cache =
        new LookAsideCache(ValueStore.open(peer, scarceBytes(plan)), plan.cacheBytes())) {
      final List<CacheClient> clients = tapes.stream().map(CacheClient::new).toList();
      final int operations = plan.cacheOperations() / SCARCE_PART_OF_OPERATIONS;
      final long elapsed = play(cache, clients, operations, plan.cacheLimitMillis());
      final Map<String, Double> scarce = results(clients, elapsed);
      scarce.put(Measurement.LIVE_BYTES, (double) cache.liveBytes());
      cache.describe(scarce);
      for (final String name :
          List.of(
              "limitBytes",
              Measurement.LIVE_BYTES,
              "mappedBytes",
              "exhaustions",
              "evictionsByPressure",
              "hitRatio",
              "opP999Nanos",
              Measurement.OPS_PER_SECOND)) {
        metrics.put("scarce." + name, scarce.get(name));
      }
    }
  }

  private static long ampleBytes(Plan plan) {
    return Math.max(LEAST_LIMIT_BYTES, AMPLE * plan.cacheBytes());
  }

  private static long scarceBytes(Plan plan) {
    return Math.max(LEAST_LIMIT_BYTES, plan.cacheBytes() / SCARCE_PART);
  }

  private static List<OperationTape> tapes(Plan plan, long seed) {
    final List<OperationTape> tapes = new ArrayList<>();
    for (int thread = 0; thread < plan.cacheThreads(); thread++) {
      tapes.add(new OperationTape(plan.cacheOperations(), plan.cacheKeys(), seed + thread));
    }
    return tapes;
  }

  /** Compiles the code and lets the collector settle, so that neither counts as the cache's. */
  private static void warmUp(Peer peer, Plan plan, List<OperationTape> tapes) throws Exception {
    try (LookAsideCache cache =
        new LookAsideCache(
            ValueStore.open(peer, ampleBytes(plan)), plan.cacheBytes() / WARMUP_PART)) {
      final List<CacheClient> clients = tapes.stream().map(CacheClient::new).toList();
      play(cache, clients, plan.cacheOperations() / WARMUP_PART, plan.cacheLimitMillis());
    }
    System.gc();
    Thread.sleep(SETTLE_MILLIS);
  }

  private static long play(
      LookAsideCache cache, List<CacheClient> clients, int operations, long limitMillis)
      throws Exception {
    final ExecutorService threads = Executors.newFixedThreadPool(clients.size());
    try {
      final long start = System.nanoTime();
      final long deadline = start + TimeUnit.MILLISECONDS.toNanos(limitMillis);
      final List<Future<?>> running = new ArrayList<>();
      for (final CacheClient client : clients) {
        running.add(threads.submit(() -> client.play(cache, operations, deadline)));
      }
      for (final Future<?> client : running) {
        client.get();
      }
      return System.nanoTime() - start;
    } finally {
      threads.shutdownNow();
    }
  }

  private static Map<String, Double> results(List<CacheClient> clients, long elapsedNanos) {
    final long operations = clients.stream().mapToLong(CacheClient::operations).sum();
    final long reads = clients.stream().mapToLong(CacheClient::reads).sum();
    final long hits = clients.stream().mapToLong(CacheClient::hits).sum();
    final Latencies latencies = new Latencies();
    clients.forEach(client -> latencies.add(client.latencies()));
    final Map<String, Double> metrics = Rates.of(operations, elapsedNanos, clients.size());
    metrics.put("hitRatio", (double) hits / reads);
    latencies.putInto(metrics, "op");
    return metrics;
  }

  private static void recordFill(
      Map<String, Double> metrics, LookAsideCache cache, RssRecorder recorder, long rssBefore) {
    final long rssPeak = recorder.peakBytes();
    final long rssFilled = ResidentMemory.exactBytes();
    final double live = cache.liveBytes();
    metrics.put(Measurement.LIVE_BYTES, live);
    metrics.put("entries", (double) cache.entries());
    metrics.put(Measurement.RSS_BEFORE_BYTES, (double) rssBefore);
    metrics.put(Measurement.RSS_PEAK_BYTES, (double) rssPeak);
    metrics.put("rssFilledBytes", (double) rssFilled);
    metrics.put("overheadPeak", (rssPeak - rssBefore) / live);
    metrics.put("overheadFilled", (rssFilled - rssBefore) / live);
    metrics.put("mappings", (double) ResidentMemory.mappings());
  }
}
