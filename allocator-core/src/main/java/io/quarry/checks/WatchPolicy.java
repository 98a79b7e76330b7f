package io.quarry.checks;

/**
 * Which blocks are watched, and what is spent on it.
 *
 * @param watchesAll whether every block is, and large ones get a guard page
 * @param intervalBytes otherwise, the mean distance of samples in bytes that are allocated
 * @param mostPerSecond otherwise, how many samples are taken in a second; what is due beyond that
 *     is passed over
 * @param mostPoisonBytes how much of a free block is filled, and verified later
 * @param mostQuarantineBytes bytes of blocks that are held back after they were freed
 */
public record WatchPolicy(
    boolean watchesAll,
    long intervalBytes,
    int mostPerSecond,
    int mostPoisonBytes,
    long mostQuarantineBytes) {

  /** The interval unless it is said. {@code docs/safety.md} tells what it costs. */
  public static final long DEFAULT_INTERVAL_BYTES = 8 << 20;

  private static final int DEFAULT_MOST_PER_SECOND = 250;

  /** Every block. */
  public static WatchPolicy all() {
    return new WatchPolicy(true, 0, 0, 1 << 20, 64 << 20);
  }

  /** One block in so many bytes. */
  public static WatchPolicy sampled(final long intervalBytes) {
    return new WatchPolicy(false, intervalBytes, DEFAULT_MOST_PER_SECOND, 64 << 10, 4 << 20);
  }

  /** The same for an allocator of so many bytes, of which quarantine takes a 16th at most. */
  WatchPolicy within(final long capacityBytes) {
    return new WatchPolicy(
        watchesAll,
        intervalBytes,
        mostPerSecond,
        mostPoisonBytes,
        Math.min(mostQuarantineBytes, capacityBytes / 16));
  }
}
