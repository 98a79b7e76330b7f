package io.quarry.bench.compare;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.report.Environment;
import io.quarry.bench.workload.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench compare}: runs, shows and writes a comparison. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compares Quarry with ByteBuffer.allocateDirect, freed explicitly (direct) and left to the"
          + " garbage collector (direct-gc).",
      "Each workload runs on each allocator in JVMs of its own. Writes results.json and"
          + " report.html; the report needs no network."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:everything was measured", "1:a run failed", "2:wrong usage"})
final class CompareCommand implements Callable<Integer> {

  private static final int MAX_FORKS = 100;

  @Spec private CommandSpec spec;

  @Option(names = "--quick", description = "One fork and short runs: ends within a minute.")
  private boolean quick;

  @Option(names = "--tiny", hidden = true)
  private boolean tiny;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "${sys:quarry.bench.out:-compare}",
      description = "Where the results are written (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--workloads",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "fixed,churn,handoff,cache",
      description = "Which workloads to run (default: ${DEFAULT-VALUE}).")
  private List<WorkloadKind> workloads;

  @Option(
      names = "--allocators",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "quarry,direct,direct-gc",
      description = "Which allocators to compare (default: ${DEFAULT-VALUE}).")
  private List<Peer> allocators;

  @Option(
      names = "--forks",
      paramLabel = "N",
      description = "JVMs for each workload and allocator (default: 3, or 1 with --quick).")
  private Integer forks;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Seed of the random sequences (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws IOException, InterruptedException {
    final Plan plan = plan();
    final RunSeries series = new RunSeries(spec, out);
    series.prepareOut();
    final Map<String, Object> environment = Environment.ofThisMachine();
    environment.put("seed", seed);
    environment.put("plan", plan);
    for (final WorkloadKind workload : workloads) {
      for (final Peer peer : allocators) {
        environment.put(
            "flags of " + workload + " on " + peer, String.join(" ", workload.flags(peer, plan)));
      }
    }
    return series.carryOut(
        Run.schedule(
            distinct(workloads),
            distinct(allocators),
            plan.forks(),
            (workload, peer, fork) -> workload.run(peer, fork, plan, seed)),
        environment);
  }

  private Plan plan() {
    final Plan base = tiny ? Plan.tiny() : quick ? Plan.quick() : Plan.standard();
    if (forks == null) {
      return base;
    }
    if (forks < 1 || forks > MAX_FORKS) {
      throw usage("--forks must be 1 to " + MAX_FORKS + ", but was " + forks);
    }
    return base.withForks(forks);
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  static <T> List<T> distinct(List<T> values) {
    return List.copyOf(new LinkedHashSet<>(values));
  }
}
