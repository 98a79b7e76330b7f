package io.quarry.bench.compare;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.workload.Plan;
import java.util.ArrayList;
import java.util.List;

/**
 * One workload on one allocator in one JVM.
 *
 * @param fork counted from 1
 */
record Run(WorkloadKind workload, Peer peer, int fork) {

  /**
   * All runs in their order. The allocators of one workload follow each other closely and the forks
   * are far apart, so that a slow minute of the machine hits all of them alike.
   */
  static List<Run> schedule(List<WorkloadKind> workloads, List<Peer> peers, Plan plan) {
    final List<Run> runs = new ArrayList<>();
    for (int fork = 1; fork <= plan.forks(); fork++) {
      for (final WorkloadKind workload : workloads) {
        for (final Peer peer : peers) {
          runs.add(new Run(workload, peer, fork));
        }
      }
    }
    return runs;
  }
}
