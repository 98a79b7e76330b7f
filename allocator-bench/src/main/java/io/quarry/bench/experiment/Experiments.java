package io.quarry.bench.experiment;

import io.quarry.bench.measure.Measurement;
import io.quarry.bench.measure.RssSample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The experiments by name, and how to run one in this JVM. */
public final class Experiments {

  private static final Map<String, Experiment> ALL = all();

  /** What the allocators may need in the Java heap: objects for buffers, slabs and the like. */
  private static final int HEAP_BYTES_PER_SLOT = 200;

  private static final int LEAST_HEAP_MEBIBYTES = 384;
  private static final int MEBIBYTE = 1 << 20;

  /** Two words in the table, and the reference to a buffer. */
  private static final int TABLE_BYTES_PER_SLOT = 24;

  private static final int ETC_TURNOVERS = 10;
  private static final int KIBIBYTE = 1 << 10;
  private static final int MOST_SAMPLES = 400;

  private Experiments() {}

  private static Map<String, Experiment> all() {
    final Map<String, Experiment> all = new LinkedHashMap<>();
    final UniformSizes hundred = new UniformSizes(100, 100);
    all.put("W1", new ShiftingSizes(hundred, 0, null));
    all.put("W2", new ShiftingSizes(hundred, 0, new UniformSizes(130, 130)));
    all.put("W3", new ShiftingSizes(hundred, .90, new UniformSizes(130, 130)));
    all.put("W4", new ShiftingSizes(new UniformSizes(100, 150), 0, new UniformSizes(200, 250)));
    all.put("W5", new ShiftingSizes(new UniformSizes(100, 150), .90, new UniformSizes(200, 250)));
    all.put(
        "W6", new ShiftingSizes(new UniformSizes(100, 200), .50, new UniformSizes(1_000, 2_000)));
    all.put(
        "W7",
        new ShiftingSizes(new UniformSizes(1_000, 2_000), .90, new UniformSizes(1_500, 2_500)));
    all.put(
        "W8", new ShiftingSizes(new UniformSizes(50, 150), .90, new UniformSizes(5_000, 15_000)));
    final EtcSizes etc = new EtcSizes();
    final QuantileSizes cdn = QuantileSizes.ofCache("hit_ratio/cdn");
    all.put("ETC", new SteadyCache(Collections.nCopies(ETC_TURNOVERS, etc)));
    all.put(
        "META",
        new SteadyCache(
            twiceEach(
                QuantileSizes.ofCache("hit_ratio/kvcache_reg"),
                QuantileSizes.ofCache("hit_ratio/graph_cache_leader_assocs"),
                cdn)));
    all.put("TTL", new ExpiringCache());
    putShrink(all, "etc", etc);
    putShrink(all, "1k", new UniformSizes(KIBIBYTE, KIBIBYTE));
    putShrink(all, "cdn", cdn);
    all.put("LARSON", new Larson());
    all.put("XMALLOC", new ProducersAndConsumers());
    all.put("PROXY-1", new NetworkBuffers(1));
    all.put("PROXY-2", new NetworkBuffers(2));
    return all;
  }

  private static void putShrink(Map<String, Experiment> all, String name, Sizes sizes) {
    all.put("SHRINK-" + name + "-all", new GiveBack(sizes, GiveBack.Freed.ALL));
    all.put("SHRINK-" + name + "-random90", new GiveBack(sizes, GiveBack.Freed.RANDOM));
    all.put("SHRINK-" + name + "-oldest90", new GiveBack(sizes, GiveBack.Freed.OLDEST));
  }

  private static List<Sizes> twiceEach(Sizes... mixes) {
    return Stream.of(mixes).flatMap(mix -> Stream.of(mix, mix)).toList();
  }

  /** The experiment of that name. */
  public static Experiment of(String name) {
    return ALL.get(name);
  }

  /**
   * The names of the runs that a name of the command line stands for: its own, or those of its
   * variants, which have it as their first part; none if it is unknown.
   */
  public static List<String> namesOf(String id) {
    return ALL.keySet().stream()
        .filter(name -> name.equals(id) || name.startsWith(id + "-"))
        .toList();
  }

  /** All distributions of sizes that occur, in the order in which those of an experiment follow. */
  public static List<List<Sizes>> histories() {
    return ALL.values().stream().map(Experiment::sizes).distinct().toList();
  }

  /** What can be asked for. */
  public static List<String> ids() {
    return ALL.keySet().stream().map(name -> name.replaceFirst("-.*", "")).distinct().toList();
  }

  /** The fixed size of the Java heap of a JVM for a run, in mebibytes; the same for all peers. */
  public static int heapMebibytes(String name, Setting setting) {
    final Experiment experiment = of(name);
    final long perSlot = HEAP_BYTES_PER_SLOT + TABLE_BYTES_PER_SLOT + experiment.bytesPerSlot();
    return (int) (LEAST_HEAP_MEBIBYTES + perSlot * experiment.slots(setting) / MEBIBYTE);
  }

  /** Runs an experiment in this JVM. */
  public static Measurement run(String name, Setting setting) throws Exception {
    final Experiment experiment = of(name);
    Rehearsal.of(experiment, setting);
    try (Stage stage = Stage.measured(experiment, setting)) {
      final Map<String, Double> metrics = new HashMap<>(experiment.play(stage));
      final Map<String, Double> common = stage.metrics();
      common.forEach(metrics::putIfAbsent);
      return new Measurement(
          name, setting.peer().id(), setting.threads(), metrics, series(stage, metrics));
    }
  }

  /** Resident memory over time, above what it was before, as many samples as a chart can show. */
  private static List<RssSample> series(Stage stage, Map<String, Double> metrics) {
    final List<RssSample> all = stage.recorder().samples();
    final long before = metrics.get(Measurement.RSS_BEFORE_BYTES).longValue();
    final int step = Math.max(1, all.size() / MOST_SAMPLES);
    final List<RssSample> some = new ArrayList<>();
    for (int i = 0; i < all.size(); i += step) {
      some.add(new RssSample(all.get(i).seconds(), all.get(i).bytes() - before));
    }
    return some;
  }
}
