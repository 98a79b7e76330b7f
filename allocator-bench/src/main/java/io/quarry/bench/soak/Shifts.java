package io.quarry.bench.soak;

import io.quarry.bench.experiment.Experiments;
import io.quarry.bench.experiment.Sizes;
import java.util.List;

/**
 * Replaces random blocks with ones of the sizes of a published experiment, then of those that
 * follow there, and between two of them frees some share, as the experiments of shifting sizes do.
 * Others do so to the same slots: most frees are of blocks that another thread has allocated.
 */
final class Shifts implements Actor {

  private static final List<List<Sizes>> HISTORIES = Experiments.histories();
  private static final double[] FREED_SHARES = {0, 0.5, 0.9};
  private static final int OPERATIONS = 64;
  private static final int PHASE_STEPS = 300;
  private static final int FLOODS = 8;

  private final Part part;
  private final long ceilingBytes;
  private List<Sizes> history = List.of();
  private int phase;
  private int stepsLeft;
  private boolean flood;

  /**
   * For a part of the shelf.
   *
   * @param ceilingBytes live on the shelf, beyond which only every eighth phase goes
   */
  Shifts(Part part, long ceilingBytes) {
    this.part = part;
    this.ceilingBytes = ceilingBytes;
  }

  @Override
  public void step() {
    if (stepsLeft-- == 0) {
      nextPhase();
      return;
    }
    if (history.isEmpty()) {
      nextPhase();
    }
    for (int i = 0; i < OPERATIONS; i++) {
      final int index = part.any();
      final int kind = part.random().nextInt(8);
      if (kind < 3) {
        part.shelf().read(index);
      } else if (kind == 3 || !flood && part.shelf().liveBytes() > ceilingBytes) {
        part.free(index);
      } else {
        part.put(index, history.get(phase).next(part.random()));
      }
    }
  }

  private void nextPhase() {
    phase++;
    if (phase >= history.size()) {
      history = HISTORIES.get(part.random().nextInt(HISTORIES.size()));
      phase = 0;
    }
    stepsLeft = part.random().nextInt(PHASE_STEPS) + 1;
    flood = part.random().nextInt(FLOODS) == 0;
    final double freed = FREED_SHARES[part.random().nextInt(FREED_SHARES.length)];
    for (int i = (int) (freed * part.slots()); i > 0; i--) {
      part.free(part.any());
    }
  }
}
