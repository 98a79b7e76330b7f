package io.quarry.bench.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts the calls of {@code mmap}, {@code munmap} and {@code madvise} that this process makes,
 * whoever makes them: the kernel counts them at its tracepoints, for {@code perf stat}. So all
 * allocators are counted alike, the C library's among them, and no call is slowed down by more than
 * a fraction of a microsecond. The JVM's own calls count too; they are a few dozen.
 *
 * <p>It takes the program {@code perf} and the right to use tracepoints, which is often root's.
 * Where these are missing nothing is counted, and nothing is reported.
 */
public final class SystemCalls {

  private static final List<String> CALLS = List.of("mmap", "munmap", "madvise");
  private static final String EVENT = "syscalls:sys_enter_";

  /** {@code perf} says nothing once it has begun; by then it certainly has. */
  private static final int ATTACH_MILLIS = 300;

  private static final int STOP_SECONDS = 10;

  private final Process perf;

  private SystemCalls(Process perf) {
    this.perf = perf;
  }

  /** Counts nothing. */
  public static SystemCalls none() {
    return new SystemCalls(null);
  }

  /** Begins to count. */
  public static SystemCalls start() {
    final List<String> command = new ArrayList<>(List.of("perf", "stat", "-x", ";"));
    CALLS.forEach(call -> command.addAll(List.of("-e", EVENT + call)));
    command.addAll(List.of("-p", Long.toString(ProcessHandle.current().pid())));
    try {
      final Process perf = new ProcessBuilder(command).redirectErrorStream(true).start();
      Thread.sleep(ATTACH_MILLIS);
      return new SystemCalls(perf);
    } catch (IOException e) {
      return none(); // there is no such program
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return none();
    }
  }

  /** Ends to count: the number of calls by name, or nothing if they could not be counted. */
  public Map<String, Long> stop() {
    if (perf == null || !perf.isAlive()) {
      return Map.of();
    }
    try (BufferedReader output = perf.inputReader()) {
      interrupt();
      final Map<String, Long> counts = parse(output.lines().toList());
      perf.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
      return counts;
    } catch (IOException e) {
      return Map.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Map.of();
    } finally {
      perf.destroyForcibly();
    }
  }

  /** It writes what it has counted when it is interrupted, and only then. */
  private void interrupt() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(perf.pid())).start().waitFor();
  }

  static Map<String, Long> parse(List<String> lines) {
    final Map<String, Long> counts = new TreeMap<>();
    for (final String line : lines) {
      final String[] fields = line.split(";");
      if (fields.length > 2 && fields[2].startsWith(EVENT) && fields[0].matches("\\d+")) {
        counts.put(fields[2].substring(EVENT.length()), Long.parseLong(fields[0]));
      }
    }
    return counts;
  }
}
