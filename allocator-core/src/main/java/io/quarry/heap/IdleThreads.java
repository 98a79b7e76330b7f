package io.quarry.heap;

import java.util.concurrent.TimeUnit;

/**
 * Takes heaps away from live threads that have allocated nothing for a while, as if they had died:
 * the heap is abandoned, its empty slabs are retired, and the next thread that needs a heap adopts
 * it. For the maintenance agent.
 */
final class IdleThreads {
  /*
   * The owner of a heap uses no lock and no atomic instruction, so the agent can act in its place
   * only while the owner certainly does not act and certainly will not. That a thread is dead says
   * both. For a live one it is done in three steps, and the thread's own paths stay what they are:
   *
   *   1. Suspend. Under the lock of all heaps, the heap leaves the table, and heap.thread, which
   *      every malloc and every free of an owner compares with the current thread before it acts,
   *      becomes null. Nothing else is touched.
   *   2. Handshake. The agent asks for the thread's stack trace. For that the JVM stops the thread
   *      at a safepoint poll, or finds it blocked or in native code, from where it cannot return to
   *      Java meanwhile. The trace shows whether a frame of this allocator is on its stack.
   *   3. If none is, the heap is abandoned, as a dead thread's is. Otherwise, or if anything is
   *      unclear, heap.thread becomes what it was and the heap returns to the table. If the thread
   *      needed its heap in the meantime, it took it back itself, under the lock (Heaps.ownHeap),
   *      and the agent gives up.
   *
   * Why it is sound. Say the trace has no frame of ours. Then
   *
   *   what the thread did before is done and seen: each malloc or free that it had begun had
   *     returned before it was stopped, and a thread that stops for a handshake and the one that
   *     asked for it are ordered both ways, as by a lock. Stores of a call that has returned cannot
   *     be pending: at a safepoint poll the state of memory has to be that of the program, for the
   *     JVM may go on there in the interpreter;
   *   what it does afterwards finds heap.thread null: step 1 came before the stop, in that same
   *     order. So malloc finds no heap and goes the slow way, which ends at the lock; and a free
   *     into a slab of the heap is a remote one, which the protocol of Slab allows at any time.
   *
   * Could compiled code of the thread carry a heap, a slab, or the outcome of the comparison across
   * the poll without a frame of ours being there? Inlined frames are frames: the JVM shows them,
   * from what the compiler noted at each poll. There remains code that the compiler has moved. Every
   * entry begins with a volatile or an acquiring read (malloc: HeapTable.table; free:
   * SlabDirectory.guessAt; all others: one of these, or a lock). The barrier behind that read is
   * fixed in the order of control, as polls and calls are, and every later read, that of heap.thread
   * included, depends on the memory that it leaves. So they stay behind it, and the barrier stays
   * behind a poll that precedes the call. What can move up before a poll is the first read itself.
   * It yields an old array of the table or a slab, and from each of them nothing is done before
   * heap.thread was compared. In the other direction no write moves down past a poll, as said.
   *
   * This is an argument about HotSpot's interpreter, C1 and C2, not about the language: no other
   * JVM is trusted, nor another compiler (Absence). There the heap stays with its thread.
   *
   * Where the thread is in a call of ours it may see heap.thread null for a while, and it does in
   * that while what a thread without a heap does: a free of its own block is a remote one, as
   * anybody's is, and nobody else acts for the heap. The suspended heap is in no list but that of
   * owned ones, so nobody adopts it. If the thread dies meanwhile, its trace is empty; the heap is
   * given back to a dead thread, and abandoned for that reason.
   *
   * What runs on top of a frame of ours and may be deep is a user's callback, of a compaction. It
   * holds no heap. It would go for inside nevertheless, and if it is so deep that the trace is cut
   * off, for unclear.
   *
   * Costs. A handshake stops one thread for some microseconds; up to JDK 20 it stops all of them.
   * So there are at most so many a second, only for heaps that issued nothing for the idle time and
   * hold back something, and once a heap is gone there is nothing more to ask. The lock is not held
   * meanwhile.
   */

  private static final long HANDSHAKE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** How many to make in a row, if there was time for them. */
  private static final int MOST_AT_ONCE = 4;

  private static final int IDLE_TIMES_AFTER_FAILURE = 4;
  private static final long LEAST_PAUSE_AFTER_FAILURE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Heaps heaps;
  private boolean started;
  private long allowedSinceNanos;
  private volatile long taken;

  IdleThreads(final Heaps heaps) {
    this.heaps = heaps;
  }

  /** How many heaps were taken from threads so far. */
  long taken() {
    return taken;
  }

  /**
   * Takes heaps from threads that have been idle for so long, as many as may be asked now.
   *
   * @return in how many nanoseconds to call again; {@code Long.MAX_VALUE} if the usual look is
   *     enough
   */
  long run(final long nowNanos, final long idleNanos) {
    if (!Absence.isPossible()) {
      return Long.MAX_VALUE;
    }
    if (!started || nowNanos - allowedSinceNanos > MOST_AT_ONCE * HANDSHAKE_PAUSE_NANOS) {
      started = true;
      allowedSinceNanos = nowNanos - MOST_AT_ONCE * HANDSHAKE_PAUSE_NANOS;
    }
    long delay = Long.MAX_VALUE;
    for (final Heap heap : heaps.liveHeaps()) {
      if (nowNanos - heap.restingSince(nowNanos) < idleNanos
          || heap.isToBeLeftAlone(nowNanos)
          || !heap.holdsBack()) {
        continue;
      }
      if (nowNanos - allowedSinceNanos < HANDSHAKE_PAUSE_NANOS) {
        delay = HANDSHAKE_PAUSE_NANOS;
        break;
      }
      allowedSinceNanos += HANDSHAKE_PAUSE_NANOS;
      if (takeAway(heap)) {
        taken++;
      } else {
        heap.leaveAloneUntil(
            nowNanos
                + Math.max(IDLE_TIMES_AFTER_FAILURE * idleNanos, LEAST_PAUSE_AFTER_FAILURE_NANOS));
      }
    }
    return delay;
  }

  /** The three steps. */
  boolean takeAway(final Heap heap) {
    final Thread thread = heaps.suspend(heap);
    if (thread == null) {
      return false;
    }
    boolean outside = false;
    boolean away = false;
    try {
      outside = thread != Thread.currentThread() && Absence.isOutside(thread);
    } finally {
      away = heaps.resolve(heap, thread, outside);
    }
    return away;
  }
}
