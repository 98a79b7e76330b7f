package io.quarry.bench.experiment;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.measure.Latencies;
import io.quarry.bench.measure.Measurement;
import io.quarry.bench.measure.ResidentMemory;
import io.quarry.bench.measure.RssRecorder;
import io.quarry.bench.measure.SystemCalls;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * Where an experiment is played: an allocator, a table of blocks, and those who watch. All that the
 * stage itself needs is there before memory is read for the first time.
 */
final class Stage implements AutoCloseable {

  /** The least block: its two ends hold eight bytes each. What is asked for below is this. */
  static final int LEAST_BYTES = BlockAllocator.MIN_SIZE_BYTES;

  private static final int RSS_PERIOD_MILLIS = 10;

  private final Setting setting;
  private final boolean timed;
  private final BlockTable table;
  private final List<BlockUser> users = new ArrayList<>();
  private final double clockNanos;
  private final SystemCalls systemCalls;
  private final long rssBefore;
  private final long mappingsBefore;
  private final RssRecorder recorder;
  private final BlockAllocator blocks;
  private final Map<String, Double> fixed = new HashMap<>();
  private long playedNanos;
  private long exactPeakBytes;

  private Stage(Experiment experiment, Setting setting, boolean measured) {
    this.setting = setting;
    this.timed = experiment.isTimed();
    this.table = new BlockTable(experiment.slots(setting));
    this.clockNanos = measured ? Clock.costNanos() : 0;
    this.systemCalls = measured ? SystemCalls.start() : SystemCalls.none();
    if (measured) {
      System.gc(); // what the preparations left behind is not to be collected meanwhile
    }
    this.rssBefore = ResidentMemory.exactBytes();
    this.mappingsBefore = ResidentMemory.mappings();
    this.recorder = new RssRecorder(RSS_PERIOD_MILLIS);
    this.blocks = setting.peer().open(table.slots(), table);
  }

  /** The stage of the performance that counts. */
  static Stage measured(Experiment experiment, Setting setting) {
    return new Stage(experiment, setting, true);
  }

  /** A stage whose figures mean nothing. */
  static Stage rehearsal(Experiment experiment, Setting setting) {
    return new Stage(experiment, setting, false);
  }

  Setting setting() {
    return setting;
  }

  BlockTable table() {
    return table;
  }

  BlockAllocator blocks() {
    return blocks;
  }

  /** Another user of the blocks, for one thread. Its figures are among the metrics. */
  BlockUser newUser() {
    final BlockUser user = new BlockUser(blocks, table, timed);
    synchronized (users) {
      users.add(user);
    }
    return user;
  }

  /** A source of random numbers of its own, the same for every allocator. */
  UniformRandomProvider random(int stream) {
    return RandomSource.XO_RO_SHI_RO_128_PP.create(setting.seed() * 1_000_003 + stream);
  }

  /** Runs the work on each thread of the setting and adds the time that it took. */
  void run(Workers.Work work) throws Exception {
    final long start = System.nanoTime();
    Workers.run(blocks, setting.threads(), work);
    playedNanos += System.nanoTime() - start;
  }

  /** Adds time that was played otherwise than by {@link #run}. */
  void addPlayedNanos(long nanos) {
    playedNanos += nanos;
  }

  /** The sum of the bytes asked for and not freed. */
  long liveBytes() {
    synchronized (users) {
      return users.stream().mapToLong(BlockUser::liveBytes).sum();
    }
  }

  /** Exactly how much memory is resident beyond what was before. */
  long grownBytes() {
    final long rss = ResidentMemory.exactBytes();
    exactPeakBytes = Math.max(exactPeakBytes, rss);
    return rss - rssBefore;
  }

  /** The same, quick enough to be asked every few milliseconds, and off by a mebibyte at most. */
  long quicklyGrownBytes() {
    return ResidentMemory.quickBytes() - rssBefore;
  }

  /** What is resident beyond what is live, as a share of it. */
  double overhead() {
    return (double) grownBytes() / liveBytes() - 1;
  }

  RssRecorder recorder() {
    return recorder;
  }

  /** Reads what belongs to this moment, when the last operation was played. */
  void readEnd() {
    final Map<String, Long> counted = systemCalls.stop();
    final long live = liveBytes();
    if (live > 0) {
      fixed.put(Measurement.OVERHEAD_END, overhead());
    }
    fixed.put(Measurement.LIVE_BYTES, (double) live);
    fixed.put(Measurement.MAPPINGS, (double) (ResidentMemory.mappings() - mappingsBefore));
    counted.forEach((call, count) -> fixed.put(call + "Calls", (double) count));
    fixed.put(Measurement.COMPACTION_BYTES_MOVED, (double) table.bytesMoved());
  }

  /** All figures that every experiment has. To be asked at the end. */
  Map<String, Double> metrics() {
    final Map<String, Double> metrics = new HashMap<>(fixed);
    final long peak = Math.max(exactPeakBytes, recorder.peakBytes());
    final long mostLive = users.stream().mapToLong(BlockUser::mostLiveBytes).sum();
    metrics.put(Measurement.OVERHEAD_PEAK, (double) (peak - rssBefore) / mostLive - 1);
    metrics.put("mostLiveBytes", (double) mostLive);
    metrics.put(Measurement.RSS_BEFORE_BYTES, (double) rssBefore);
    metrics.put(Measurement.RSS_PEAK_BYTES, (double) peak);
    putRates(metrics);
    if (timed) {
      putLatencies(metrics);
    }
    return metrics;
  }

  /** A call that is timed reads the clock twice; what that takes is no part of the operations. */
  private void putRates(Map<String, Double> metrics) {
    final long calls = users.stream().mapToLong(BlockUser::calls).sum();
    final double clock = timed ? 2 * calls * clockNanos / setting.threads() : 0;
    final double nanos = Math.max(1, playedNanos - clock);
    metrics.put(Measurement.OPERATIONS, (double) calls);
    metrics.put(Measurement.OPS_PER_SECOND, calls * 1e9 / nanos);
    metrics.put(Measurement.NS_PER_OP, nanos * setting.threads() / calls);
    metrics.put("playedSeconds", playedNanos / 1e9);
    metrics.put("clockNanos", clockNanos);
  }

  private void putLatencies(Map<String, Double> metrics) {
    final Latencies allocations = new Latencies();
    final Latencies frees = new Latencies();
    for (final BlockUser user : users) {
      allocations.add(user.allocations());
      frees.add(user.frees());
    }
    allocations.putInto(metrics, "malloc");
    frees.putInto(metrics, "free");
  }

  /** Frees what is left, verified, and closes the allocator. */
  @Override
  public void close() {
    recorder.close();
    final BlockUser last = new BlockUser(blocks, table, false);
    for (int slot = 0; slot < table.slots(); slot++) {
      last.freeIfTaken(slot);
    }
    blocks.close();
  }
}
