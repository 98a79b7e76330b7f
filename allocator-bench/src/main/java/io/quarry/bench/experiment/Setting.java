package io.quarry.bench.experiment;

import io.quarry.bench.blocks.Peer;

/**
 * What a run of an experiment is asked to do.
 *
 * @param peer the allocator
 * @param threads how many threads allocate and free
 * @param scale multiplies sizes, and times where there are any
 * @param seed equal seeds give equal sequences of operations, whatever the allocator
 * @param patienceSeconds how long to wait for memory to come back
 * @param rehearsalMillis how long to play at a small scale beforehand, at least
 */
public record Setting(
    Peer peer, int threads, double scale, long seed, int patienceSeconds, int rehearsalMillis) {

  /** The same at a small scale, without patience. */
  Setting rehearsed(double smallScale) {
    return new Setting(peer, threads, smallScale, seed, 0, 0);
  }

  /** A number of bytes, or of something else, at this scale; at least {@code least}. */
  long scaled(double atFullScale, long least) {
    return Math.max(least, Math.round(atFullScale * scale));
  }

  /** A time at this scale, in milliseconds: never longer than it is published. */
  long scaledMillis(long atFullScale, long least) {
    return Math.max(least, Math.round(atFullScale * Math.min(1, scale)));
  }
}
