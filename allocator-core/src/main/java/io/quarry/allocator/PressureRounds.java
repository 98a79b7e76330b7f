package io.quarry.allocator;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets a thread whose request was refused wait until the listeners were called once more, from
 * beginning to end: a round that was under way may have passed the one that has something to give.
 */
final class PressureRounds {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Runnable wake;
  private long rounds;
  private boolean running;
  private int waiting;
  private boolean closed;

  PressureRounds(final Runnable wake) {
    this.wake = wake;
  }

  /**
   * Asks for a round and waits for its end.
   *
   * @return false if it did not come in time
   */
  boolean awaitAnother(final long deadlineNanos) {
    lock.lock();
    try {
      final long wanted = rounds + (running ? 2 : 1);
      waiting++;
      wake.run();
      while (rounds < wanted && !closed) {
        final long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        ended.awaitNanos(left);
      }
      return true;
    } catch (final InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting--;
      lock.unlock();
    }
  }

  /** Begins a round; returns whether somebody is waiting for one. */
  boolean begin() {
    lock.lock();
    try {
      running = true;
      return waiting > 0;
    } finally {
      lock.unlock();
    }
  }

  /** Ends it. */
  void end() {
    lock.lock();
    try {
      running = false;
      rounds++;
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets nobody wait any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
