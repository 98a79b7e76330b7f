package io.quarry.slab;

/**
 * Goes through what can happen to a slab, once, with one that has no memory.
 *
 * <p>The JVM links a call through a {@code VarHandle} when it is executed for the first time, and
 * needs memory of the Java heap for that. The first free by another thread, say, may come when the
 * heap is full: it would throw an {@code OutOfMemoryError} then, and the block would stay
 * allocated. After the rehearsal nothing is left to be linked, and {@code free} needs no memory.
 */
public final class Rehearsal {
  private static final int BLOCKS = 128;

  private Rehearsal() {}

  /**
   * Does it; costs some milliseconds the first time.
   *
   * @return the slab, a tombstone by now
   */
  public static Slab perform(final SlabOwner first, final SlabOwner second) {
    final Slab slab = new Slab(first, 0, SizeClasses.QUANTUM, BLOCKS);
    slab.makeCurrent(first);
    slab.reload();
    final int[] issued = new int[3];
    for (int i = 0; i < issued.length; i++) {
      issued[i] = slab.indexOf(slab.take());
    }
    slab.freeFast(slab.addressOf(issued[0]));
    slab.freeLocal(issued[0]);
    slab.freeRemote(issued[1]);
    slab.isWordEmpty(issued[1]);
    slab.changeHands(second);
    slab.drain();
    slab.makeHeld();
    slab.claim();
    slab.freeMoved(issued[2] >>> 6, 1L << issued[2]);
    slab.isEmpty();
    slab.unclaim();
    slab.drain();
    slab.claim();
    slab.retire();
    slab.isFree(issued[0]);
    return slab;
  }
}
