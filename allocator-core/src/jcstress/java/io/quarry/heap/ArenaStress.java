package io.quarry.heap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.quarry.region.Geometry;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** Arenas that end while others are in the middle of something. */
public final class ArenaStress {
  private static final int CLASS = SizeClasses.of(SizeClasses.MAX_SMALL_BYTES);

  private ArenaStress() {}

  /** An arena, and a slab of its parent that is a tombstone. */
  abstract static class Arena {
    final MadeUpHeaps made = new MadeUpHeaps();
    final Heaps arena = made.heaps.newChild(1 << 20, () -> 0, () -> {});
    final Slab tombstone;

    Arena() {
      final long large = Heaps.untagged(made.heaps.large().allocate(100_000, 1));
      tombstone = SlabDirectory.slabAt(large);
      made.heaps.free(large);
    }

    void end() {
      arena.close();
      arena.awaitCalls();
      arena.retireAll();
    }

    /** Bytes in use by anybody; to be 0 when the arena has ended. */
    String books() {
      made.regions.lock().lock();
      try {
        final long used = made.regions.mappedBytes() - made.regions.idleBytes();
        return used == 0 && arena.granules().mappedBytes() == 0 && tombstone.isEmpty()
            ? "balanced"
            : "used " + used + ", arena " + arena.granules().mappedBytes();
      } finally {
        made.regions.lock().unlock();
      }
    }
  }

  /** A call that touches memory, and the end of that memory. */
  @JCStressTest
  @Outcome(id = "before", expect = ACCEPTABLE, desc = "the end waited for it")
  @Outcome(id = "refused", expect = ACCEPTABLE, desc = "it came too late")
  @Outcome(expect = FORBIDDEN, desc = "it touched what was somebody else's already")
  @State
  public static class CallAndEnd {
    private final CallsInFlight calls = new CallsInFlight();
    private boolean gone;

    @Actor
    public void call(final L_Result r) {
      final int entered = calls.enter();
      if (entered < 0) {
        r.r1 = "refused";
        return;
      }
      r.r1 = gone ? "after" : "before";
      calls.leave(entered);
    }

    @Actor
    public void end() {
      calls.end();
      calls.awaitAll();
      gone = true;
    }
  }

  /**
   * A thread carves a slab and issues blocks of it. All granules come back, once; what the owner
   * writes into its bitmap does not reach that of all tombstones.
   */
  @JCStressTest
  @Outcome(id = "balanced", expect = ACCEPTABLE, desc = "all of it came back, once")
  @Outcome(expect = FORBIDDEN, desc = "granules were lost or given twice, or a tombstone written")
  @State
  public static class AllocateAndEnd extends Arena {
    @Actor
    public void allocate() {
      arena.allocate(CLASS);
      for (int i = 0; i < 40; i++) {
        if (arena.table().takeSmall(SizeClasses.MAX_SMALL_BYTES) == 0) {
          arena.allocate(CLASS);
        }
      }
    }

    @Actor
    public void close() {
      end();
    }

    @Arbiter
    public void look(final L_Result r) {
      r.r1 = books();
      made.close();
    }
  }

  /** The last block is freed by a thread that is not the owner, who would retire the slab. */
  @JCStressTest
  @Outcome(
      id = {"FREED, balanced", "DOUBLE_FREE, balanced"},
      expect = ACCEPTABLE,
      desc = "taken, or too late; either way the granules came back once")
  @Outcome(expect = FORBIDDEN, desc = "granules were lost or given twice")
  @State
  public static class LastFreeAndEnd extends Arena {
    private final long block = allocatedByAnother(arena);

    @Actor
    public void free(final LL_Result r) {
      r.r1 = arena.free(block);
    }

    @Actor
    public void close() {
      end();
    }

    @Arbiter
    public void look(final LL_Result r) {
      r.r2 = books();
      made.close();
    }

    private static long allocatedByAnother(final Heaps heaps) {
      final long[] allocated = new long[1];
      final Thread dying = new Thread(() -> allocated[0] = heaps.allocate(CLASS));
      dying.start();
      try {
        dying.join();
      } catch (final InterruptedException never) {
        throw new AssertionError(never);
      }
      heaps.housekeep(0, 1); // the slab is held
      return allocated[0];
    }
  }

  /** A large block is made while the arena ends, perhaps after its slabs were retired. */
  @JCStressTest
  @Outcome(id = "balanced", expect = ACCEPTABLE, desc = "refused, or retired with the others")
  @Outcome(expect = FORBIDDEN, desc = "a slab that nobody will ever retire")
  @State
  public static class AllocateLargeAndEnd extends Arena {
    @Actor
    public void allocate() {
      arena.large().allocate(100_000, 1);
    }

    @Actor
    public void close() {
      end();
    }

    @Arbiter
    public void look(final L_Result r) {
      r.r1 = books();
      made.close();
    }
  }

  /** Two arenas of one parent race for granules of which there is enough for one. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = ACCEPTABLE,
      desc = "one of them got it")
  @Outcome(expect = FORBIDDEN, desc = "both, or neither")
  @State
  public static class TwoArenasAtTheLimit {
    private static final long SIZE = (1 << 20) + Geometry.GRANULE_BYTES;

    private final MadeUpHeaps made = new MadeUpHeaps();
    private final Heaps first = made.heaps.newChild(2 << 20, () -> 0, () -> {});
    private final Heaps second = made.heaps.newChild(2 << 20, () -> 0, () -> {});

    @Actor
    public void first(final II_Result r) {
      r.r1 = first.large().allocate(SIZE, 1) > 0 ? 1 : 0;
    }

    @Actor
    public void second(final II_Result r) {
      r.r2 = second.large().allocate(SIZE, 1) > 0 ? 1 : 0;
    }

    @Arbiter
    public void end(final II_Result r) {
      made.close();
    }
  }
}
