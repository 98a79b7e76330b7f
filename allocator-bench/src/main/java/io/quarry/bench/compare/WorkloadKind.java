package io.quarry.bench.compare;

import com.google.gson.Gson;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.cache.CacheWorkload;
import io.quarry.bench.workload.Churn;
import io.quarry.bench.workload.FixedSizes;
import io.quarry.bench.workload.Handoff;
import io.quarry.bench.workload.Plan;
import io.quarry.bench.workload.Workload;
import java.util.List;

/** The workloads of the comparison. */
enum WorkloadKind {
  FIXED(FixedSizes.NAME, new FixedSizes()) {
    @Override
    long expectedMillis(Plan plan) {
      return START_MILLIS + plan.fixedSizes().size() * plan.fixedMillis() * 4L / 3;
    }
  },
  CHURN(Churn.NAME, new Churn()) {
    @Override
    long expectedMillis(Plan plan) {
      return START_MILLIS + plan.warmupMillis() + plan.measureMillis() * 5L / 4;
    }
  },
  HANDOFF(Handoff.NAME, new Handoff()) {
    @Override
    long expectedMillis(Plan plan) {
      return START_MILLIS + plan.warmupMillis() + plan.measureMillis();
    }
  },
  CACHE(CacheWorkload.NAME, new CacheWorkload()) {
    @Override
    long expectedMillis(Plan plan) {
      return START_MILLIS
          + plan.cacheOperations() * CACHE_NANOS_PER_OPERATION / NANOS_PER_MILLI
          + plan.tailMillis();
    }

    @Override
    long directMemoryBytes(Plan plan) {
      return Math.max(DIRECT_BYTES, CACHE_DIRECT_FACTOR * plan.cacheBytes());
    }
  };

  private static final long START_MILLIS = Run.START_MILLIS;

  /** Drawing the tape and playing it, on a slow machine; only for the time left on the screen. */
  private static final long CACHE_NANOS_PER_OPERATION = 1_200;

  private static final long NANOS_PER_MILLI = 1_000_000;

  /**
   * Where a JVM that leaves buffers to the collector has to collect. Small, so that many rounds of
   * filling up and collecting go into one measured period, and their mean is one of whole rounds.
   */
  private static final long DIRECT_BYTES = 64L << 20;

  /** Room for values that were evicted but not collected yet, in multiples of the cache. */
  private static final long CACHE_DIRECT_FACTOR = 4;

  private final String id;
  private final Workload workload;

  WorkloadKind(String id, Workload workload) {
    this.id = id;
    this.workload = workload;
  }

  Workload workload() {
    return workload;
  }

  /** How long a run will take, roughly: what the progress bar goes by. */
  abstract long expectedMillis(Plan plan);

  /** The limit of direct memory that a JVM for this workload gets. */
  long directMemoryBytes(Plan plan) {
    return DIRECT_BYTES;
  }

  /** A run of this workload. */
  Run run(Peer peer, int fork, Plan plan, long seed) {
    return new Run(
        id,
        peer,
        fork,
        expectedMillis(plan),
        flags(peer, plan),
        List.of(
            "run",
            "--workload=" + id,
            "--allocator=" + peer.id(),
            "--seed=" + seed,
            "--plan=" + new Gson().toJson(plan)));
  }

  /** The flags of the JVM for a run. */
  List<String> flags(Peer peer, Plan plan) {
    return Run.flags(peer, plan.heapMebibytes(), directMemoryBytes(plan));
  }

  @Override
  public String toString() {
    return id;
  }
}
