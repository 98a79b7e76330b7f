package io.quarry.bench.soak;

import io.quarry.bench.experiment.Experiments;
import io.quarry.bench.experiment.Sizes;
import java.util.List;

/** Blocks that expire in the order they came, as those of a cache with times to live; in waves. */
final class ExpiryWaves implements Actor {

  private static final List<Sizes> CLUSTERS = Experiments.of("TTL").sizes();
  private static final int ARRIVALS = 32;
  private static final int WAVE_STEPS = 200;

  private final Part part;
  private Sizes cluster = CLUSTERS.get(0);
  private int next;
  private int stepsLeft;

  ExpiryWaves(Part part) {
    this.part = part;
  }

  @Override
  public void step() {
    if (stepsLeft-- <= 0) {
      for (int i = 0; i < part.slots(); i++) {
        part.free(part.first() + i);
      }
      cluster = CLUSTERS.get(part.random().nextInt(CLUSTERS.size()));
      stepsLeft = part.random().nextInt(WAVE_STEPS);
    }
    for (int i = 0; i < ARRIVALS; i++) {
      part.put(part.first() + next, cluster.next(part.random()));
      next = (next + 1) % part.slots();
    }
  }
}
