package io.quarry.bench.workload;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.measure.Measurement;
import java.util.List;

/** Something to do with an allocator, measured. */
public interface Workload {

  /**
   * Runs it in this JVM.
   *
   * @param peer the allocator to use
   * @param plan how much, and how long
   * @param seed equal seeds give equal sequences of operations, whatever the allocator
   * @throws IllegalStateException if a block did not hold what was written to it
   */
  List<Measurement> run(Peer peer, Plan plan, long seed) throws Exception;
}
