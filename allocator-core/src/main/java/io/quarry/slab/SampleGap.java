package io.quarry.slab;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How many blocks to pass over before one is a sample. Bytes are sampled, not blocks, as tcmalloc,
 * jemalloc and Chromium do: along the bytes that are allocated, samples lie at distances drawn from
 * an exponential distribution, so that each byte is as likely to be one as any other, whatever
 * pattern the program has. A block is a sample if one of its bytes is.
 *
 * <p>Such a process has no memory: what it does in the blocks of one size, or of one heap, does not
 * depend on the others, so each of them may have a gap of its own, and a gap that is thrown away
 * and drawn anew changes nothing.
 */
public final class SampleGap {

  private SampleGap() {}

  /**
   * Draws one.
   *
   * @param intervalBytes the mean distance of samples, positive
   * @param blockBytes the size of all the blocks in question, positive
   * @return 0 if the next block is a sample
   */
  public static long draw(final long intervalBytes, final long blockBytes) {
    final double aboveZero = 1 - ThreadLocalRandom.current().nextDouble();
    return (long) (-Math.log(aboveZero) * intervalBytes / blockBytes);
  }
}
