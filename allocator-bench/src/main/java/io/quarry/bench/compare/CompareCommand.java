package io.quarry.bench.compare;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.report.Comparison;
import io.quarry.bench.report.HtmlReport;
import io.quarry.bench.report.ResultsFile;
import io.quarry.bench.report.TextReport;
import io.quarry.bench.workload.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
    prepareOut();
    final ChildJvm jvm = new ChildJvm(plan, seed);
    final Map<String, Object> environment = Environment.ofThisMachine();
    environment.put("command", command());
    environment.put("seed", seed);
    environment.put("plan", plan);
    workloads.forEach(
        workload -> environment.put("flags of " + workload, String.join(" ", jvm.flags(workload))));

    final Comparer comparer = new Comparer(jvm, environment);
    runAll(Run.schedule(distinct(workloads), distinct(allocators), plan), plan, comparer);
    return show(comparer.result());
  }

  private void runAll(List<Run> runs, Plan plan, Comparer comparer) throws InterruptedException {
    final long total = runs.stream().mapToLong(run -> run.workload().expectedMillis(plan)).sum();
    try (Progress progress = Progress.create(total, printer())) {
      for (int i = 0; i < runs.size(); i++) {
        final Run run = runs.get(i);
        progress.begin(run, i + 1, runs.size(), run.workload().expectedMillis(plan));
        comparer.run(run, progress);
        progress.end();
      }
    }
  }

  private int show(Comparison comparison) throws IOException {
    final Path results = out.resolve("results.json");
    final Path report = out.resolve("report.html");
    Files.writeString(results, ResultsFile.toJson(comparison));
    Files.writeString(report, HtmlReport.of(comparison));
    final PrintWriter printer = printer();
    printer.println();
    printer.print(TextReport.of(comparison));
    printer.println();
    printer.println("results: " + results.toAbsolutePath().normalize());
    printer.println("report:  " + report.toAbsolutePath().normalize());
    printer.flush();
    return comparison.failures().isEmpty() ? 0 : 1;
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

  /** Before anything runs: nobody should wait five minutes to learn that a disk is read-only. */
  private void prepareOut() {
    try {
      Files.createDirectories(out);
    } catch (IOException e) {
      throw usage("--out: cannot make the directory '" + out + "': " + e);
    }
    if (!Files.isWritable(out)) {
      throw usage("--out: cannot write to the directory '" + out + "'");
    }
  }

  private String command() {
    final List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
    return "bench " + arguments.stream().collect(Collectors.joining(" "));
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private PrintWriter printer() {
    return spec.commandLine().getOut();
  }

  private static <T> List<T> distinct(List<T> values) {
    return List.copyOf(new LinkedHashSet<>(values));
  }
}
