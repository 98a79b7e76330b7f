package io.quarry.bench.measure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Reads resident memory every few milliseconds on a thread of its own, and remembers the peak and,
 * if asked to, the whole series.
 */
public final class RssRecorder implements AutoCloseable {

  private static final double NANOS_PER_SECOND = 1e9;

  private final long periodMillis;
  private final long startNanos = System.nanoTime();
  private final List<RssSample> samples = Collections.synchronizedList(new ArrayList<>());
  private final Thread thread;
  private long peakBytes;
  private volatile boolean closed;

  /** Starts to read. */
  public RssRecorder(long periodMillis) {
    this.periodMillis = periodMillis;
    sample();
    this.thread = new Thread(this::loop, "rss-recorder");
    this.thread.setDaemon(true);
    this.thread.start();
  }

  /** Seconds since this recorder was started. */
  public double elapsedSeconds() {
    return (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
  }

  /** The largest reading so far, one taken now included, in bytes. */
  public long peakBytes() {
    sample();
    synchronized (this) {
      return peakBytes;
    }
  }

  /** Forgets the peak: what follows belongs to something else. */
  public void resetPeak() {
    synchronized (this) {
      peakBytes = 0;
    }
    sample();
  }

  /** All readings so far, in the order of time. */
  public List<RssSample> samples() {
    synchronized (samples) {
      return List.copyOf(samples);
    }
  }

  /** Stops reading. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    while (!closed) {
      try {
        Thread.sleep(periodMillis);
      } catch (InterruptedException e) {
        return;
      }
      sample();
    }
  }

  private synchronized void sample() {
    final long bytes = ResidentMemory.quickBytes();
    peakBytes = Math.max(peakBytes, bytes);
    samples.add(new RssSample(elapsedSeconds(), bytes));
  }
}
