package io.quarry.bench.soak;

import io.quarry.allocator.Checks;
import io.quarry.bench.report.Environment;
import io.quarry.bench.report.Note;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench soak}: everything at once, for a long time, and nothing may be lost. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Does everything to one allocator at once: the sizes of all published experiments, remote"
          + " frees, short-lived and virtual threads, growing blocks, arenas, compaction, trimming,"
          + " eviction under pressure, misuse, and a kernel that refuses now and then.",
      "Every block is verified; at rest points everything is counted, and memory has to be level."
          + " Writes results.json."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing was lost",
      "1:something was not as it must be, and is named",
      "2:wrong usage"
    })
public final class SoakCommand implements Callable<Integer> {

  private static final double MILLIS_PER_MINUTE = 60_000;
  private static final double LEAST_MINUTES = 0.05;
  private static final double MOST_MINUTES = 7 * 24 * 60;
  private static final long CAPACITY_BYTES = 192L << 20;

  @Spec private CommandSpec spec;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "60",
      description = "How long; fractions are allowed (default: ${DEFAULT-VALUE}).")
  private double minutes;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "42",
      description =
          "What each actor's choices follow from; how they interleave does not (default:"
              + " ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--checks",
      paramLabel = "MODE",
      defaultValue = "STANDARD",
      description =
          "What the allocator checks: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Checks checks;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "${sys:quarry.bench.soak.out:-soak}",
      description = "Where the results are written (default: ${DEFAULT-VALUE}).")
  private Path out;

  /** For the command line. */
  public SoakCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!(minutes >= LEAST_MINUTES && minutes <= MOST_MINUTES)) {
      throw new ParameterException(
          spec.commandLine(),
          "--minutes must be " + LEAST_MINUTES + " to " + MOST_MINUTES + ", but is " + minutes);
    }
    prepareOut();
    final Duration duration = Duration.ofMillis((long) (minutes * MILLIS_PER_MINUTE));
    return run(new Plan(duration, seed, checks, CAPACITY_BYTES, Tolerance.USUAL));
  }

  private void prepareOut() {
    try {
      Files.createDirectories(out);
    } catch (IOException e) {
      throw new ParameterException(
          spec.commandLine(), "--out: cannot make the directory '" + out + "': " + e);
    }
  }

  private int run(Plan plan) throws IOException, InterruptedException {
    final PrintWriter printer = spec.commandLine().getOut();
    final Map<String, Object> environment = Environment.ofThisMachine();
    environment.put("seed", seed);
    environment.put("checks", checks);
    environment.put("tolerance", plan.tolerance());
    final Outcome outcome;
    try (SoakProgress progress = new SoakProgress(printer, plan.duration().toSeconds())) {
      outcome =
          new Soak(plan, (round, tally, shelf, allocator) -> progress.round(round, tally)).run();
    } catch (Divergence divergence) {
      return failed(divergence);
    }
    printer.print(SoakReport.table(outcome));
    printer.flush();
    try {
      Soak.demandFlat(outcome, plan.tolerance());
    } catch (Divergence notFlat) {
      SoakReport.write(
          out, environment, outcome, List.of(new Note("soak", "quarry", notFlat.getMessage())));
      return failed(notFlat);
    }
    SoakReport.write(out, environment, outcome, List.of());
    printer.println("results: " + out.resolve("results.json").toAbsolutePath().normalize());
    printer.flush();
    return 0;
  }

  private int failed(Divergence divergence) {
    final PrintWriter err = spec.commandLine().getErr();
    err.println("soak: seed " + seed + ": " + divergence.getMessage());
    divergence.printStackTrace(err);
    err.flush();
    return 1;
  }
}
