package io.quarry.bench.compare;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
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

  private static final int POLL_MILLIS = 200;
  private static final int LINES_KEPT = 40;

  private ChildJvm() {}

  /**
   * Runs it to its end.
   *
   * @param progress told from time to time how many milliseconds have passed
   * @throws RunFailedException if it ended without a report; the message holds its last words
   */
  static ChildReport run(Run run, LongConsumer progress) throws InterruptedException {
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

  private static Process start(Run run) {
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(run.flags());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(BenchMain.class.getName());
    command.addAll(run.arguments());
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
