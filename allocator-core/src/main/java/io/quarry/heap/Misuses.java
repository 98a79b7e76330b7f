package io.quarry.heap;

import io.quarry.slab.Slab;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Bad frees, and writes, that were found only after they had been made. They are counted, and
 * described for a listener, which hears of them from the maintenance thread and with no lock held.
 */
public final class Misuses {
  private static final int MOST_UNREPORTED = 256;

  private final AtomicLong count = new AtomicLong();
  private final Queue<String> unreported = new ArrayBlockingQueue<>(MOST_UNREPORTED);

  /** Takes note of blocks that their owner and another thread freed at the same instant. */
  void freedTwice(final Slab slab, final int blocks) {
    count.addAndGet(blocks);
    unreported.offer(
        String.format(
            "%d block(s) of %d bytes in the slab at 0x%x were freed by two threads at once",
            blocks, slab.blockBytes(), slab.base()));
  }

  /** Takes note of blocks that were freed at the address from which compaction had moved them. */
  void freedAfterMove(final Slab slab, final int blocks) {
    count.addAndGet(blocks);
    unreported.offer(
        String.format(
            "%d block(s) of %d bytes in the slab at 0x%x were freed at their old address after the"
                + " relocator had agreed to the new one",
            blocks, slab.blockBytes(), slab.base()));
  }

  /** Takes note of anything else, described by whoever found it. */
  public void found(final String description) {
    count.incrementAndGet();
    unreported.offer(description);
  }

  /** Takes over what another has noted and not reported. */
  void absorb(final Misuses other) {
    count.addAndGet(other.count());
    other.report(unreported::offer);
  }

  /** How many there were. */
  public long count() {
    return count.get();
  }

  /** Hands over what was not handed over yet; at most {@value #MOST_UNREPORTED} are kept. */
  public void report(final Consumer<String> listener) {
    for (String report = unreported.poll(); report != null; report = unreported.poll()) {
      listener.accept(report);
    }
  }
}
