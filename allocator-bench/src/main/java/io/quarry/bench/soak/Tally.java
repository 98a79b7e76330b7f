package io.quarry.bench.soak;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** What was done, by all threads together. Safe for use by several threads. */
final class Tally {

  final LongAdder calls = new LongAdder();
  final LongAdder verifiedBytes = new LongAdder();
  final LongAdder movedBlocks = new LongAdder();
  final LongAdder movedBytes = new LongAdder();
  final LongAdder refusedMisuse = new LongAdder();
  final LongAdder refusedByLimit = new LongAdder();
  final LongAdder refusedByKernel = new LongAdder();
  final LongAdder evicted = new LongAdder();
  final LongAdder platformThreads = new LongAdder();
  final LongAdder virtualThreads = new LongAdder();
  final LongAdder arenas = new LongAdder();
  final LongAdder trims = new LongAdder();
  final LongAdder compactions = new LongAdder();

  private final AtomicReference<Call> longest = new AtomicReference<>(new Call("none", 0));

  private final LongAccumulator longestStall = new LongAccumulator(Math::max, 0);

  /**
   * A call of the allocator.
   *
   * @param name of the method
   * @param nanos how long it took, with all that the machine did meanwhile
   */
  record Call(String name, long nanos) {}

  /** Counts a call that began at a moment of {@link System#nanoTime} and has just ended. */
  void called(String name, long startNanos) {
    final long nanos = System.nanoTime() - startNanos;
    calls.increment();
    if (nanos > longest.get().nanos()) {
      longest.accumulateAndGet(
          new Call(name, nanos), (one, other) -> one.nanos() >= other.nanos() ? one : other);
    }
  }

  Call longest() {
    return longest.get();
  }

  /** Notes by how much a sleep was longer than it was meant to be. */
  void overslept(long nanos) {
    longestStall.accumulate(nanos);
  }

  /**
   * How long a thread that does nothing has waited for its turn, in nanoseconds: as long as the
   * machine, or whoever stops the process, may have made a call take.
   */
  long longestStallNanos() {
    return longestStall.get();
  }
}
