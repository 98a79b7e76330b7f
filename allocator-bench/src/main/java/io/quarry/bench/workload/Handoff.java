package io.quarry.bench.workload;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.measure.Measurement;
import io.quarry.bench.measure.ResidentMemory;
import io.quarry.bench.measure.RssRecorder;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;

/**
 * One thread allocates blocks of 64 bytes, another one verifies and frees them. Blocks travel in
 * batches of 256, so that the queue costs next to nothing; 16 batches are in circulation.
 */
public final class Handoff implements Workload {

  /** The name. */
  public static final String NAME = "handoff";

  private static final int BATCH = 256;
  private static final int BATCHES = 16;
  private static final int SIZE_BYTES = 64;
  private static final int SPINS = 1_000;
  private static final int RSS_PERIOD_MILLIS = 20;

  @Override
  public List<Measurement> run(Peer peer, Plan plan, long seed) throws Exception {
    final long rssBefore = ResidentMemory.exactBytes();
    final ExecutorService threads = Executors.newFixedThreadPool(2);
    try (RssRecorder recorder = new RssRecorder(RSS_PERIOD_MILLIS);
        BlockAllocator blocks = peer.open(BATCH * BATCHES)) {
      final Belt belt = new Belt(blocks, seed);
      final Future<?> producer = threads.submit(belt::produce);
      final Future<?> consumer = threads.submit(belt::consume);
      Thread.sleep(plan.warmupMillis());
      final long freedBefore = belt.freed;
      final long start = System.nanoTime();
      long freed;
      do {
        Thread.sleep(plan.measureMillis());
        freed = belt.freed - freedBefore;
        // On a crowded machine the threads may not have run at all meanwhile: that is no rate.
      } while (freed == 0 && !belt.stop);
      final long elapsed = System.nanoTime() - start;
      belt.stop = true;
      producer.get();
      consumer.get();

      final Map<String, Double> metrics = Rates.of(freed, elapsed, 1);
      metrics.put(Measurement.SIZE_BYTES, (double) SIZE_BYTES);
      metrics.put(Measurement.RSS_BEFORE_BYTES, (double) rssBefore);
      metrics.put(Measurement.RSS_PEAK_BYTES, (double) recorder.peakBytes());
      return List.of(new Measurement(NAME, peer.id(), 2, metrics, List.of()));
    } finally {
      threads.shutdownNow();
    }
  }

  /** The batches going round between the two threads. */
  private static final class Belt {

    private final BlockAllocator blocks;
    private final long seed;
    private final long[] handles = new long[BATCH * BATCHES];
    private final Queue<Integer> filled = new OneToOneConcurrentArrayQueue<>(BATCHES);
    private final Queue<Integer> empty = new OneToOneConcurrentArrayQueue<>(BATCHES);

    /** Written by the consumer only. */
    volatile long freed;

    /** Set at the end, or by a thread that failed, so that the other one does not wait for it. */
    volatile boolean stop;

    /** Set by the producer when nothing more will come. */
    private volatile boolean produced;

    Belt(BlockAllocator blocks, long seed) {
      this.blocks = blocks;
      this.seed = seed;
      for (int i = 0; i < BATCHES; i++) {
        empty.add(i);
      }
    }

    void produce() {
      blocks.threadStarts();
      try {
        while (!stop) {
          final Integer batch = empty.poll();
          if (batch == null) {
            pause(empty);
          } else {
            fill(batch * BATCH);
            filled.add(batch);
          }
        }
      } finally {
        stop = true;
        produced = true;
        blocks.threadEnds();
      }
    }

    void consume() {
      blocks.threadStarts();
      try {
        // Read before the queue: what was produced before is then certain to be seen.
        boolean last = produced;
        for (Integer batch = filled.poll(); batch != null || !last; batch = filled.poll()) {
          if (batch == null) {
            pause(filled);
          } else {
            release(batch * BATCH);
            empty.add(batch);
            freed += BATCH;
          }
          last = produced;
        }
      } finally {
        stop = true;
        blocks.threadEnds();
      }
    }

    private void fill(int first) {
      for (int slot = first; slot < first + BATCH; slot++) {
        final long handle = blocks.allocate(slot, SIZE_BYTES);
        blocks.touch(slot, handle, SIZE_BYTES, seed + slot);
        handles[slot] = handle;
      }
    }

    private void release(int first) {
      for (int slot = first; slot < first + BATCH; slot++) {
        final long handle = handles[slot];
        Verification.require(
            blocks.holds(slot, handle, SIZE_BYTES, seed + slot), NAME, slot, SIZE_BYTES);
        blocks.free(slot, handle);
      }
    }

    /** Spins for a while, then lets others have the processor, until there may be something. */
    private void pause(Queue<Integer> queue) {
      for (int i = 0; i < SPINS && queue.isEmpty(); i++) {
        Thread.onSpinWait();
      }
      if (queue.isEmpty()) {
        Thread.yield();
      }
    }
  }
}
