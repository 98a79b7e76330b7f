package io.quarry.bench.experiment;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Slots that are due some ticks from now: a ring of lists, one for each tick. For one thread;
 * allocates nothing once it is made.
 */
final class TimerWheel {

  private static final int NONE = -1;

  private final int[] firstOfTick;
  private final int[] next;
  private final int firstSlot;
  private long now;

  /**
   * An empty wheel.
   *
   * @param mostTicks how far ahead a slot may be due
   * @param firstSlot the slots are this and the {@code slots - 1} that follow
   */
  TimerWheel(int mostTicks, int firstSlot, int slots) {
    this.firstOfTick = new int[mostTicks + 1];
    this.next = new int[slots];
    this.firstSlot = firstSlot;
    Arrays.fill(firstOfTick, NONE);
  }

  /** Says that a slot is due so many ticks from now: at least one. */
  void schedule(int slot, int ticks) {
    if (ticks < 1 || ticks >= firstOfTick.length) {
      throw new IllegalArgumentException(
          "due in " + ticks + " ticks: expected 1 to " + (firstOfTick.length - 1));
    }
    final int spoke = (int) ((now + ticks) % firstOfTick.length);
    next[slot - firstSlot] = firstOfTick[spoke];
    firstOfTick[spoke] = slot;
  }

  /** Advances by one tick and passes on what is due then. */
  void tick(IntConsumer due) {
    now++;
    final int spoke = (int) (now % firstOfTick.length);
    int slot = firstOfTick[spoke];
    firstOfTick[spoke] = NONE;
    while (slot != NONE) {
      final int following = next[slot - firstSlot];
      due.accept(slot);
      slot = following;
    }
  }
}
