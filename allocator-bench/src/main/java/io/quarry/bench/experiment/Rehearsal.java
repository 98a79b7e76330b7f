package io.quarry.bench.experiment;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/**
 * Plays an experiment at a small scale until the compiler has come to rest. What the compiler takes
 * for itself, tens of mebibytes of the C library's, would otherwise count as memory of the
 * allocator's; most of it stays with the process, so that later compilations find it there.
 */
final class Rehearsal {

  private static final double SCALE = 0.002;
  private static final long QUIET_MILLIS = 400;

  /** Of the time that is planned for it, so many times at most. */
  private static final int PATIENCE = 4;

  private Rehearsal() {}

  /** Plays it over and over, on the allocator of the setting but on instances of their own. */
  static void of(Experiment experiment, Setting setting) throws Exception {
    final CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    final Setting small = setting.rehearsed(Math.min(SCALE, setting.scale()));
    final long start = System.nanoTime();
    long compiledMillis = -1;
    long quietSince = start;
    do {
      try (Stage stage = Stage.rehearsal(experiment, small)) {
        experiment.play(stage);
      }
      if (compiler.getTotalCompilationTime() != compiledMillis) {
        compiledMillis = compiler.getTotalCompilationTime();
        quietSince = System.nanoTime();
      }
    } while (isToGoOn(setting, millisSince(start), millisSince(quietSince)));
  }

  private static boolean isToGoOn(Setting setting, long playedMillis, long quietMillis) {
    final long planned = setting.rehearsalMillis();
    return playedMillis < planned
        || quietMillis < Math.min(QUIET_MILLIS, planned) && playedMillis < PATIENCE * planned;
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }
}
