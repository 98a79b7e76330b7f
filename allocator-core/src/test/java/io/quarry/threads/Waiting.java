package io.quarry.threads;

import java.util.concurrent.CountDownLatch;

/** Waits for a latch, below a given number of frames of its own. */
public record Waiting(CountDownLatch end, int depth) implements Runnable {
  @Override
  public void run() {
    descend(depth);
  }

  private void descend(final int frames) {
    if (frames > 0) {
      descend(frames - 1);
      return;
    }
    try {
      end.await();
    } catch (final InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }
}
