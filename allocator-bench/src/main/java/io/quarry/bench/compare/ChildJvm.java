package io.quarry.bench.compare;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import io.quarry.bench.workload.Plan;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** A JVM of its own for one run: what one allocator leaves behind cannot slow the next one down. */
final class ChildJvm {

  private static final int NATIVE_ACCESS_SINCE = 22;
  private static final int POLL_MILLIS = 200;
  private static final int LINES_KEPT = 40;

  private final Plan plan;
  private final long seed;

  ChildJvm(Plan plan, long seed) {
    this.plan = plan;
    this.seed = seed;
  }

  /** The flags of the JVM for a run of that workload. */
  List<String> flags(WorkloadKind workload) {
    final List<String> flags =
        new ArrayList<>(
            List.of(
                "-Xms" + plan.heapMebibytes() + "m",
                "-Xmx" + plan.heapMebibytes() + "m",
                "-XX:+AlwaysPreTouch",
                "-XX:MaxDirectMemorySize=" + workload.directMemoryBytes(plan),
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED"));
    if (Runtime.version().feature() >= NATIVE_ACCESS_SINCE) {
      flags.add("--enable-native-access=ALL-UNNAMED");
    }
    return flags;
  }

  /**
   * Runs it to its end.
   *
   * @param progress told from time to time how many milliseconds have passed
   * @throws RunFailedException if it ended without a report; the message holds its last words
   */
  ChildReport run(Run run, LongConsumer progress) throws InterruptedException {
    final long start = System.nanoTime();
    final Process process = start(run);
    final Thread reaper = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(reaper);
    try {
      final CompletableFuture<Output> output =
          CompletableFuture.supplyAsync(() -> Output.read(process));
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        progress.accept(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      }
      return output.join().report(run, process.exitValue());
    } finally {
      process.destroyForcibly();
      removeHook(reaper);
    }
  }

  private Process start(Run run) {
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags(run.workload()));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(BenchMain.class.getName(), "run"));
    command.addAll(List.of("--workload", run.workload().toString()));
    command.addAll(List.of("--allocator", run.peer().id()));
    command.addAll(List.of("--seed", Long.toString(seed)));
    command.addAll(List.of("--plan", new Gson().toJson(plan)));
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start a JVM: " + command.get(0), e);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // This JVM is going down already, and the hook has done its work.
    }
  }

  /** What a child wrote: its report, and the last lines of everything else. */
  private record Output(ChildReport report, List<String> otherLines) {

    static Output read(Process process) {
      final Gson gson = new Gson();
      final List<String> others = new ArrayList<>();
      ChildReport report = null;
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          final ChildReport read = parse(gson, line);
          if (read != null) {
            report = read;
          } else {
            others.add(line);
          }
        }
      } catch (IOException e) {
        others.add("(its output could not be read: " + e.getMessage() + ")");
      }
      return new Output(
          report, others.subList(Math.max(0, others.size() - LINES_KEPT), others.size()));
    }

    private static ChildReport parse(Gson gson, String line) {
      if (!line.startsWith("{")) {
        return null;
      }
      try {
        return gson.fromJson(line, ChildReport.class);
      } catch (JsonSyntaxException e) {
        return null;
      }
    }

    ChildReport report(Run run, int exitValue) {
      if (exitValue != 0 || report == null) {
        throw new RunFailedException(run, exitValue, otherLines);
      }
      return report;
    }
  }
}
