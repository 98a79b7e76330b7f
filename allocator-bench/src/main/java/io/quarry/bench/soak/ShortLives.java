package io.quarry.bench.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.apache.commons.rng.simple.RandomSource;

/** Threads that live for a few blocks and leave them behind, for others to free. */
final class ShortLives implements Actor {

  private static final int MOST_STEPS = 12;

  private final Part part;
  private final long ceilingBytes;
  private final int threads;
  private final Supplier<ExecutorService> executor;
  private final LongAdder lives;

  /**
   * Begins.
   *
   * @param ceilingBytes as for {@link Shifts}
   * @param threads how many live at the same time at most
   * @param executor of threads that end when it is shut down
   * @param lives counts them
   */
  ShortLives(
      Part part,
      long ceilingBytes,
      int threads,
      Supplier<ExecutorService> executor,
      LongAdder lives) {
    this.part = part;
    this.ceilingBytes = ceilingBytes;
    this.threads = threads;
    this.executor = executor;
    this.lives = lives;
  }

  @Override
  public void step() throws Exception {
    final ExecutorService generation = executor.get();
    try {
      final List<Future<?>> ends = new ArrayList<>();
      for (int i = part.random().nextInt(threads); i >= 0; i--) {
        final long seed = part.random().nextLong();
        ends.add(generation.submit(() -> live(seed)));
        lives.increment();
      }
      for (final Future<?> end : ends) {
        end.get();
      }
    } finally {
      generation.shutdown();
    }
  }

  private void live(long seed) {
    final Part own = part.with(RandomSource.XO_RO_SHI_RO_128_PP.create(seed));
    final Shifts life = new Shifts(own, ceilingBytes);
    for (int steps = own.random().nextInt(MOST_STEPS); steps >= 0; steps--) {
      life.step();
    }
  }
}
