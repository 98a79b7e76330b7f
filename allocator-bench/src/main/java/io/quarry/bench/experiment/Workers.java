package io.quarry.bench.experiment;

import io.quarry.bench.blocks.BlockAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Runs the same work on several threads, which the allocator is told of. */
final class Workers {

  private Workers() {}

  /** Work for one of several threads. */
  interface Work {
    void run(int worker) throws Exception;
  }

  /** Runs it and waits for all; one is run by the calling thread, which opened the allocator. */
  static void run(BlockAllocator blocks, int threads, Work work) throws Exception {
    if (threads == 1) {
      work.run(0);
      return;
    }
    final List<FutureTask<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      tasks.add(start(blocks, i, work));
    }
    for (final FutureTask<Void> task : tasks) {
      join(task);
    }
  }

  /** Starts a thread for that work. */
  static FutureTask<Void> start(BlockAllocator blocks, int worker, Work work) {
    final FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              blocks.threadStarts();
              try {
                work.run(worker);
              } finally {
                blocks.threadEnds();
              }
              return null;
            });
    new Thread(task, "worker-" + worker).start();
    return task;
  }

  /** Waits for a thread; what it threw is thrown. */
  static void join(FutureTask<Void> task) throws Exception {
    try {
      task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception exception) {
        throw exception;
      }
      throw e;
    }
  }
}
