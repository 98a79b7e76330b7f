package io.quarry.bench.experiment;

import java.util.List;
import java.util.Map;

/** A published experiment. */
public interface Experiment {

  /** The distributions of the sizes of its blocks, in the order in which they follow. */
  List<Sizes> sizes();

  /** How many blocks are live at once at most. */
  int slots(Setting setting);

  /** What the experiment itself keeps for each slot in the Java heap, the table apart. */
  default int bytesPerSlot() {
    return Integer.BYTES;
  }

  /** How many threads it has if nothing else is asked for. */
  default int usualThreads() {
    return 1;
  }

  /** How long it takes, roughly, on a machine of today. */
  long expectedMillis(Setting setting);

  /** Whether each call is timed. Where the calls take less time than the clock, they are not. */
  default boolean isTimed() {
    return true;
  }

  /**
   * Plays it. What it allocated may be left to the stage.
   *
   * @return metrics beside those of the stage
   * @throws IllegalStateException if a block did not hold what was written to it
   */
  Map<String, Double> play(Stage stage) throws Exception;
}
