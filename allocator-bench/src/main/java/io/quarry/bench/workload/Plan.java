package io.quarry.bench.workload;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How much is run, and how long. Fixed beforehand and the same for every allocator.
 *
 * @param name what the user knows it as
 * @param forks JVMs for each workload and allocator, one after the other
 * @param fixedSizes block sizes of the workload {@code fixed}, in bytes
 * @param fixedMillis measured time for each of them; a third of it is run before as warm-up
 * @param warmupMillis warm-up of {@code churn} and {@code handoff}
 * @param measureMillis measured time of {@code churn} and {@code handoff}
 * @param cacheBytes what the cache may hold, in bytes of blocks
 * @param cacheKeys number of keys that are asked for
 * @param cacheThreads number of threads that use the cache
 * @param cacheOperations operations of each of these threads
 * @param cacheLimitMillis after this time the cache's threads stop, finished or not
 * @param tailMillis how long resident memory is watched after the cache was cleared
 * @param heapMebibytes the Java heap of each JVM, fixed and touched beforehand
 */
public record Plan(
    String name,
    int forks,
    List<Integer> fixedSizes,
    int fixedMillis,
    int warmupMillis,
    int measureMillis,
    long cacheBytes,
    int cacheKeys,
    int cacheThreads,
    int cacheOperations,
    int cacheLimitMillis,
    int tailMillis,
    int heapMebibytes) {

  private static final int MIB = 1 << 20;
  private static final int THREADS = 2;

  /** Ends within five minutes. */
  public static Plan standard() {
    return new Plan(
        "default",
        3,
        powersOfTwo(4, 20, 1),
        180,
        800,
        2_200,
        96L * MIB,
        1_500_000,
        THREADS,
        2_000_000,
        5_000,
        3_500,
        1_024);
  }

  /** Ends within a minute. */
  public static Plan quick() {
    return new Plan(
        "quick",
        1,
        powersOfTwo(4, 20, 2),
        100,
        400,
        800,
        48L * MIB,
        1_000_000,
        THREADS,
        600_000,
        4_000,
        2_500,
        512);
  }

  /** Proves in seconds that everything fits together; its figures mean nothing. */
  public static Plan tiny() {
    return new Plan(
        "tiny", 1, List.of(16, 4096), 20, 20, 40, MIB, 20_000, THREADS, 20_000, 2_000, 300, 128);
  }

  /** The same with another number of forks. */
  public Plan withForks(int newForks) {
    return new Plan(
        name,
        newForks,
        fixedSizes,
        fixedMillis,
        warmupMillis,
        measureMillis,
        cacheBytes,
        cacheKeys,
        cacheThreads,
        cacheOperations,
        cacheLimitMillis,
        tailMillis,
        heapMebibytes);
  }

  private static List<Integer> powersOfTwo(int first, int last, int step) {
    return IntStream.iterate(first, e -> e <= last, e -> e + step)
        .mapToObj(exponent -> 1 << exponent)
        .toList();
  }
}
