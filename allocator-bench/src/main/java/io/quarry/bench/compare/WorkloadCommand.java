package io.quarry.bench.compare;

import com.google.gson.Gson;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.experiment.Experiment;
import io.quarry.bench.experiment.Experiments;
import io.quarry.bench.experiment.Setting;
import io.quarry.bench.report.Environment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench workload}: repeats published experiments. */
@Command(
    name = "workload",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Repeats published experiments: W1 to W8 (shifting sizes), ETC and META (caches), TTL"
          + " (expiry), SHRINK (memory given back), LARSON, XMALLOC, PROXY (throughput).",
      "Each runs on each allocator, once for each seed, in JVMs of its own. Writes results.json and"
          + " report.html; the report needs no network."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:everything was measured", "1:a run failed", "2:wrong usage"})
final class WorkloadCommand implements Callable<Integer> {

  private static final int MOST_SEEDS = 100;
  private static final int MOST_THREADS = 64;
  private static final double LEAST_SCALE = 0.0005;
  private static final double MOST_SCALE = 4;
  private static final int MOST_PATIENCE_SECONDS = 3_600;
  private static final int MOST_REHEARSAL_MILLIS = 60_000;
  private static final long LEAST_DIRECT_BYTES = 8L << 30;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "ID",
      split = ",",
      description = "What to repeat, for instance W1,W2,META.")
  private List<String> ids;

  @Option(
      names = "--allocators",
      paramLabel = "NAME",
      split = ",",
      converter = PeerByName.class,
      defaultValue =
          "quarry,quarry-compacting,unsafe-malloc,lwjgl-jemalloc,lwjgl-rpmalloc,netty-pooled,"
              + "netty-adaptive",
      description = "Which allocators to compare (default: ${DEFAULT-VALUE}).")
  private List<Peer> allocators;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that allocate and free (default: what the experiment is known for).")
  private Integer threads;

  @Option(
      names = "--scale",
      paramLabel = "X",
      defaultValue = "1",
      description =
          "Multiplies all sizes, and times below 1; 1 needs 24 GiB (default: ${DEFAULT-VALUE}).")
  private double scale;

  @Option(
      names = "--seeds",
      paramLabel = "K",
      defaultValue = "3",
      description = "How many seeds, one JVM for each (default: ${DEFAULT-VALUE}).")
  private int seeds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "The first seed; the others follow it (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long SHRINK waits for memory to come back (default: ${DEFAULT-VALUE}).")
  private int patienceSeconds;

  @Option(
      names = "--rehearsal",
      paramLabel = "MILLIS",
      defaultValue = "2000",
      description =
          "How long to play at a small scale beforehand, so that the compiler comes to rest"
              + " (default: ${DEFAULT-VALUE}).")
  private int rehearsalMillis;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "${sys:quarry.bench.workload.out:-workload}",
      description = "Where the results are written (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() throws IOException, InterruptedException {
    final RunSeries series = new RunSeries(spec, out);
    final List<String> names = names(series);
    check(series);
    series.prepareOut();
    final List<Peer> peers = CompareCommand.distinct(allocators);
    final Map<String, Object> environment = Environment.ofThisMachine();
    environment.put("seeds", seed + " to " + (seed + seeds - 1));
    environment.put("scale", scale);
    environment.put("patienceSeconds", patienceSeconds);
    for (final String name : names) {
      for (final Peer peer : peers) {
        environment.put(
            "flags of " + name + " on " + peer, String.join(" ", run(name, peer, 1).flags()));
      }
    }
    return series.carryOut(Run.schedule(names, peers, seeds, this::run), environment);
  }

  private List<String> names(RunSeries series) {
    for (final String id : ids) {
      if (Experiments.namesOf(id).isEmpty()) {
        throw series.usage(
            "unknown workload '" + id + "'; choose from " + String.join(", ", Experiments.ids()));
      }
    }
    return CompareCommand.distinct(
        ids.stream().flatMap(id -> Experiments.namesOf(id).stream()).toList());
  }

  private void check(RunSeries series) {
    if (threads != null) {
      checkRange(series, "--threads", threads, 1, MOST_THREADS);
    }
    checkRange(series, "--seeds", seeds, 1, MOST_SEEDS);
    checkRange(series, "--patience", patienceSeconds, 1, MOST_PATIENCE_SECONDS);
    checkRange(series, "--rehearsal", rehearsalMillis, 0, MOST_REHEARSAL_MILLIS);
    if (!(scale >= LEAST_SCALE && scale <= MOST_SCALE)) {
      throw series.usage(
          "--scale must be " + LEAST_SCALE + " to " + MOST_SCALE + ", but was " + scale);
    }
  }

  private static void checkRange(RunSeries series, String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw series.usage(option + " must be " + least + " to " + most + ", but was " + value);
    }
  }

  private Run run(String name, Peer peer, int fork) {
    final Experiment experiment = Experiments.of(name);
    final int used = threads == null ? experiment.usualThreads() : threads;
    final Setting setting =
        new Setting(peer, used, scale, seed + fork - 1, patienceSeconds, rehearsalMillis);
    return new Run(
        name,
        peer,
        fork,
        Run.START_MILLIS + rehearsalMillis + experiment.expectedMillis(setting),
        Run.flags(
            peer,
            Experiments.heapMebibytes(name, setting),
            Math.max(LEAST_DIRECT_BYTES, (long) (scale * LEAST_DIRECT_BYTES))),
        List.of("play", "--experiment=" + name, "--setting=" + new Gson().toJson(setting)));
  }
}
