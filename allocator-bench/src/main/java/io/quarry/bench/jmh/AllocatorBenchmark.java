package io.quarry.bench.jmh;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.blocks.Peer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** How the benchmarks are run, unless the command line says otherwise. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsAppend = Flags.OPEN_INTERNAL_MISC)
abstract class AllocatorBenchmark {

  /**
   * The allocator of that name.
   *
   * @throws IllegalStateException if it cannot run in this JVM; the message says why
   */
  static Peer peer(String id) {
    final Peer peer = Peer.of(id);
    peer.unavailable()
        .ifPresent(
            reason -> {
              throw new IllegalStateException(id + " is not available: " + reason);
            });
    return peer;
  }

  /**
   * An allocator that can do something that not all of them can.
   *
   * @throws IllegalStateException if this one cannot, so that it is not compared by something else
   */
  static <T extends BlockAllocator> T able(BlockAllocator blocks, Class<T> ability, String id) {
    if (!ability.isInstance(blocks)) {
      blocks.close();
      throw new IllegalStateException(
          id + " cannot do this: its blocks are no " + ability.getSimpleName());
    }
    return ability.cast(blocks);
  }
}
