package io.quarry.bench.compare;

import io.quarry.bench.measure.Measurement;
import io.quarry.bench.report.Comparison;
import io.quarry.bench.report.Note;
import io.quarry.bench.report.Series;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Carries the runs out one after the other and collects what they report. */
final class Comparer {

  private final Map<String, Object> environment;
  private final List<Measurement> measurements = new ArrayList<>();
  private final List<Series> series = new ArrayList<>();
  private final Set<Note> unavailable = new LinkedHashSet<>();
  private final Set<Note> failures = new LinkedHashSet<>();

  /** The environment is completed by what the child JVMs say of themselves. */
  Comparer(Map<String, Object> environment) {
    this.environment = environment;
  }

  /** Runs one; a failure is noted, and the others go on. */
  void run(Run run, Progress progress) throws InterruptedException {
    try {
      collect(run, ChildJvm.run(run, progress::elapsed));
    } catch (RunFailedException e) {
      failures.add(note(run, e.getMessage()));
    }
  }

  Comparison result() {
    return new Comparison(
        environment,
        Aggregation.of(measurements),
        series,
        List.copyOf(unavailable),
        List.copyOf(failures));
  }

  private void collect(Run run, ChildReport report) {
    environment.put("garbageCollector", report.collector());
    if (report.unavailable() != null) {
      unavailable.add(note(run, report.unavailable()));
      return;
    }
    measurements.addAll(report.measurements());
    if (run.fork() == 1) {
      report.measurements().stream()
          .filter(measurement -> !measurement.rss().isEmpty())
          .map(m -> new Series(m.workload(), m.allocator(), m.rss()))
          .forEach(series::add);
    }
  }

  private static Note note(Run run, String reason) {
    return new Note(run.workload(), run.peer().id(), reason);
  }
}
