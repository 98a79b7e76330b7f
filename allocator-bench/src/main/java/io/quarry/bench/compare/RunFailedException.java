package io.quarry.bench.compare;

import java.util.List;

/** A child JVM ended without a report. */
final class RunFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RunFailedException(Run run, int exitValue, List<String> lastLines) {
    super(
        "the JVM for "
            + run.workload()
            + " on "
            + run.peer()
            + " ended with exit code "
            + exitValue
            + (lastLines.isEmpty() ? "" : "; it said: " + String.join("\n", lastLines)));
  }
}
