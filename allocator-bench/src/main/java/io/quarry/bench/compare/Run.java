package io.quarry.bench.compare;

import io.quarry.bench.blocks.Peer;
import java.util.ArrayList;
import java.util.List;

/**
 * One workload on one allocator in one JVM.
 *
 * @param workload its name
 * @param peer the allocator
 * @param fork counted from 1
 * @param expectedMillis how long it will take, roughly: what the progress bar goes by
 * @param flags of the JVM
 * @param arguments of the program in it
 */
record Run(
    String workload,
    Peer peer,
    int fork,
    long expectedMillis,
    List<String> flags,
    List<String> arguments) {

  /** A JVM with its heap touched, and what it takes to come down again. */
  static final long START_MILLIS = 700;

  /** How a workload is run on an allocator. */
  interface Recipe<W> {
    Run run(W workload, Peer peer, int fork);
  }

  /**
   * All runs in their order. The allocators of one workload follow each other closely and the forks
   * are far apart, so that a slow minute of the machine hits all of them alike.
   */
  static <W> List<Run> schedule(List<W> workloads, List<Peer> peers, int forks, Recipe<W> recipe) {
    final List<Run> runs = new ArrayList<>();
    for (int fork = 1; fork <= forks; fork++) {
      for (final W workload : workloads) {
        for (final Peer peer : peers) {
          runs.add(recipe.run(workload, peer, fork));
        }
      }
    }
    return runs;
  }

  /** The flags that every run has: the Java heap is fixed and touched beforehand. */
  static List<String> flags(Peer peer, int heapMebibytes, long directMemoryBytes) {
    final List<String> flags =
        new ArrayList<>(
            List.of(
                "-Xms" + heapMebibytes + "m",
                "-Xmx" + heapMebibytes + "m",
                "-XX:+AlwaysPreTouch",
                "-XX:MaxDirectMemorySize=" + directMemoryBytes));
    flags.addAll(peer.jvmFlags());
    return flags;
  }
}
