package io.quarry.posix;

import java.time.Duration;

/**
 * What {@link Posix#getrusage} tells; each figure is a total since the start of what was asked
 * about. Immutable.
 *
 * @param userTime processor time spent in the program itself
 * @param systemTime processor time that the kernel spent for it
 * @param maxResidentBytes the most memory that was resident at one time; for {@link
 *     UsageScope#CHILDREN} that of the largest child
 * @param minorFaults page faults that were answered from memory
 * @param majorFaults page faults that had to wait for a device
 * @param blockReads how often a device had to be read
 * @param blockWrites how often a device had to be written
 * @param voluntarySwitches how often the processor was given up to wait for something
 * @param involuntarySwitches how often it was taken away
 */
public record ResourceUsage(
    Duration userTime,
    Duration systemTime,
    long maxResidentBytes,
    long minorFaults,
    long majorFaults,
    long blockReads,
    long blockWrites,
    long voluntarySwitches,
    long involuntarySwitches) {

  /** The words of {@code struct rusage} on 64-bit platforms. */
  static final int NATIVE_WORDS = 18;

  /**
   * From the C structure. Linux counts {@code ru_maxrss} in KiB, macOS in bytes; there the upper
   * half of the word with the microseconds is padding.
   */
  static ResourceUsage of(long[] words, int maxResidentUnitBytes) {
    return new ResourceUsage(
        duration(words[0], words[1]),
        duration(words[2], words[3]),
        words[4] * maxResidentUnitBytes,
        words[8],
        words[9],
        words[11],
        words[12],
        words[16],
        words[17]);
  }

  private static Duration duration(long seconds, long microseconds) {
    return Duration.ofSeconds(seconds, (microseconds & 0xffff_ffffL) * 1_000);
  }
}
