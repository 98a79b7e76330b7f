package io.quarry.bench.compare;

import io.quarry.bench.report.Comparison;
import io.quarry.bench.report.HtmlReport;
import io.quarry.bench.report.ResultsFile;
import io.quarry.bench.report.TextReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What commands that measure have in common: carry out the runs, show and write what was found. */
final class RunSeries {

  private final CommandSpec spec;
  private final Path out;

  RunSeries(CommandSpec spec, Path out) {
    this.spec = spec;
    this.out = out;
  }

  /** Before anything runs: nobody should wait five minutes to learn that a disk is read-only. */
  void prepareOut() {
    try {
      Files.createDirectories(out);
    } catch (IOException e) {
      throw usage("--out: cannot make the directory '" + out + "': " + e);
    }
    if (!Files.isWritable(out)) {
      throw usage("--out: cannot write to the directory '" + out + "'");
    }
  }

  /**
   * Carries them out.
   *
   * @param environment completed by the command line
   * @return the exit code
   */
  int carryOut(List<Run> runs, Map<String, Object> environment)
      throws IOException, InterruptedException {
    environment.put("command", command());
    final Comparer comparer = new Comparer(environment);
    final long total = runs.stream().mapToLong(Run::expectedMillis).sum();
    try (Progress progress = Progress.create(spec.name(), total, printer())) {
      for (int i = 0; i < runs.size(); i++) {
        progress.begin(runs.get(i), i + 1, runs.size());
        comparer.run(runs.get(i), progress);
        progress.end();
      }
    }
    return show(comparer.result());
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

  private String command() {
    return "bench " + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private PrintWriter printer() {
    return spec.commandLine().getOut();
  }
}
