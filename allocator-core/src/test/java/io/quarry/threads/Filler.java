package io.quarry.threads;

import io.quarry.allocator.SlabAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.function.LongConsumer;

/**
 * A thread that allocates and frees when it is told to, and has nothing of the allocator on its
 * stack otherwise. It lives until it is closed.
 */
public final class Filler implements AutoCloseable {
  private static final Object DONE = new Object();

  private final BlockingQueue<Runnable> orders = new LinkedBlockingQueue<>();
  private final BlockingQueue<Object> outcomes = new SynchronousQueue<>();
  private final Thread thread = new Thread(this::obey, "filler");

  /** A thread that waits. */
  public Filler() {
    thread.start();
  }

  /**
   * Allocates blocks of a size.
   *
   * @param user told of each of them
   */
  public List<Long> fill(
      final SlabAllocator allocator, final long bytes, final long size, final LongConsumer user) {
    final List<Long> blocks = new ArrayList<>();
    order(
        () -> {
          for (long filled = 0; filled < bytes; filled += size) {
            final long block = allocator.malloc(size);
            user.accept(block);
            blocks.add(block);
          }
        });
    return blocks;
  }

  /** Frees them. */
  public void freeAll(final SlabAllocator allocator, final List<Long> blocks) {
    order(() -> blocks.forEach(allocator::free));
  }

  private void order(final Runnable work) {
    try {
      orders.put(work);
      final Object outcome = outcomes.take();
      if (outcome != DONE) {
        throw new AssertionError("in the filling thread", (Throwable) outcome);
      }
    } catch (final InterruptedException unexpected) {
      throw new AssertionError(unexpected);
    }
  }

  private void obey() {
    try {
      while (true) {
        final Runnable work = orders.take();
        Object outcome = DONE;
        try {
          work.run();
        } catch (final Throwable failure) {
          outcome = failure;
        }
        outcomes.put(outcome);
      }
    } catch (final InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (final InterruptedException unexpected) {
      throw new AssertionError(unexpected);
    }
  }
}
