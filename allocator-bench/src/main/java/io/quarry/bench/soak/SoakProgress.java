package io.quarry.bench.soak;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far a soak is: a bar on a terminal, a line every half minute elsewhere. */
final class SoakProgress implements AutoCloseable {

  /** The property with which the script says that standard error is a terminal. */
  private static final String TERMINAL_PROPERTY = "quarry.bench.terminal";

  private static final int LINE_SECONDS = 30;

  private final PrintWriter out;
  private final long startNanos = System.nanoTime();
  private final ProgressBar bar;
  private double nextLine = LINE_SECONDS;

  SoakProgress(PrintWriter out, long totalSeconds) {
    this.out = out;
    bar =
        Boolean.getBoolean(TERMINAL_PROPERTY)
            ? new ProgressBarBuilder()
                .setTaskName("soak")
                .setInitialMax(totalSeconds)
                .setUnit(" s", 1)
                .setStyle(ProgressBarStyle.ASCII)
                .build()
            : null;
  }

  /** A round is over. */
  void round(int number, Tally tally) {
    final double seconds = (System.nanoTime() - startNanos) / 1e9;
    final String text =
        String.format(
            Locale.ROOT,
            "round %d, %,d calls, %,d MiB verified",
            number,
            tally.calls.sum(),
            tally.verifiedBytes.sum() >> 20);
    if (bar != null) {
      bar.setExtraMessage(" " + text);
      bar.stepTo((long) seconds);
    } else if (seconds >= nextLine) {
      nextLine = seconds + LINE_SECONDS;
      out.printf(Locale.ROOT, "[%.0f s] %s%n", seconds, text);
      out.flush();
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
