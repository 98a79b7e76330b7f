package io.quarry.bench.compare;

import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far the comparison is: a bar on a terminal, a line for each run elsewhere. */
interface Progress extends AutoCloseable {

  /** The property with which the script says that standard error is a terminal. */
  String TERMINAL_PROPERTY = "quarry.bench.terminal";

  /** A run begins. */
  void begin(Run run, int number, int runs);

  /** The run of {@link #begin} has been going for so long. */
  void elapsed(long millis);

  /** The run is over. */
  void end();

  @Override
  void close();

  /** For this process; the bar goes to standard error, so that the output can be redirected. */
  static Progress create(String task, long totalMillis, PrintWriter out) {
    return Boolean.getBoolean(TERMINAL_PROPERTY)
        ? new Bar(task, totalMillis)
        : new Lines(totalMillis, out);
  }

  /** Counts expected milliseconds, so that the time left is right for runs of unequal length. */
  final class Bar implements Progress {

    private static final int REFRESH_MILLIS = 250;
    private static final int MILLIS_PER_SECOND = 1_000;

    private final ProgressBar bar;
    private long doneMillis;
    private long expectedMillis;

    Bar(String task, long totalMillis) {
      this.bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(totalMillis)
              .setUnit(" s", MILLIS_PER_SECOND)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(REFRESH_MILLIS)
              .build();
    }

    @Override
    public void begin(Run run, int number, int runs) {
      expectedMillis = run.expectedMillis();
      bar.setExtraMessage(String.format(" %d/%d %s %s", number, runs, run.workload(), run.peer()));
    }

    @Override
    public void elapsed(long millis) {
      bar.stepTo(doneMillis + Math.min(millis, expectedMillis));
    }

    @Override
    public void end() {
      doneMillis += expectedMillis;
      bar.stepTo(doneMillis);
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  /** One line at the beginning of each run. */
  final class Lines implements Progress {

    private static final double MILLIS_PER_SECOND = 1_000;

    private final PrintWriter out;
    private long leftMillis;
    private long expectedMillis;

    Lines(long totalMillis, PrintWriter out) {
      this.leftMillis = totalMillis;
      this.out = out;
    }

    @Override
    public void begin(Run run, int number, int runs) {
      expectedMillis = run.expectedMillis();
      out.printf(
          "[%d/%d] %s on %s, fork %d; about %.0f s left%n",
          number, runs, run.workload(), run.peer(), run.fork(), leftMillis / MILLIS_PER_SECOND);
    }

    @Override
    public void elapsed(long millis) {
      // A line every fifth of a second would drown the others.
    }

    @Override
    public void end() {
      leftMillis -= expectedMillis;
    }

    @Override
    public void close() {
      out.flush();
    }
  }
}
