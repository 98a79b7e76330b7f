package io.quarry.bench.soak;

import java.util.concurrent.atomic.AtomicReference;

/**
 * The first divergence, by whichever thread it was seen: callbacks of the allocator must report it
 * here, as what they throw is logged and forgotten. Safe for use by several threads.
 */
final class Verdict {

  private final AtomicReference<Divergence> first = new AtomicReference<>();

  /** Reports one; only the first counts. */
  void report(Divergence divergence) {
    first.compareAndSet(null, divergence);
  }

  /** Whether there is one, so that nothing needs to go on. */
  boolean isSpoken() {
    return first.get() != null;
  }

  /** Throws it if there is one. */
  void demandNone() {
    final Divergence divergence = first.get();
    if (divergence != null) {
      throw divergence;
    }
  }
}
