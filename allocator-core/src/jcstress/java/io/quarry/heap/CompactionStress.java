package io.quarry.heap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Slabs that compaction fills and that change hands afterwards, and slabs that it lets go of. */
public final class CompactionStress {
  private static final int CLASS = SizeClasses.of(SizeClasses.MAX_SMALL_BYTES);

  private CompactionStress() {}

  /** A slab that compaction has filled, some of whose blocks were freed since. */
  abstract static class FilledSlab {
    final MadeUpHeaps made = new MadeUpHeaps();
    final Heap next = Heap.owned(made.heaps, made.source);
    final long[] blocks = new long[SizeClasses.granules(CLASS) * 65_536 / SizeClasses.bytes(CLASS)];
    final Slab slab;

    FilledSlab(final int live) {
      made.heaps.compacted().allocate(CLASS, blocks, blocks.length);
      slab = SlabDirectory.slabAt(blocks[0]);
      for (int i = live; i < blocks.length; i++) {
        made.heaps.free(blocks[i]);
      }
      made.heaps.compacted().settle();
    }

    final int allocatedFromSlab() {
      return SlabDirectory.slabAt(Heaps.untagged(next.allocate(CLASS))) == slab ? 1 : 0;
    }

    /** How many more blocks of the slab there are to be had. */
    final int remaining() {
      int count = 0;
      for (long block = next.allocateExisting(CLASS);
          block != 0;
          block = next.allocateExisting(CLASS)) {
        count += SlabDirectory.slabAt(Heaps.untagged(block)) == slab ? 1 : 0;
      }
      return count;
    }
  }

  /**
   * Of eight blocks five are live. One is freed while another heap takes the slab over and issues
   * one: the free must reach the new owner, whichever owner the freeing thread has seen. If the slab
   * is being queued at that moment, it is not taken over; it can be later.
   */
  @JCStressTest
  @Outcome(id = "1, 3", expect = ACCEPTABLE, desc = "taken over; all free blocks are there")
  @Outcome(id = "0, 4", expect = ACCEPTABLE_INTERESTING, desc = "left alone; all are there later")
  @Outcome(expect = FORBIDDEN, desc = "a free was lost")
  @State
  public static class HandOverAndFree extends FilledSlab {
    public HandOverAndFree() {
      super(5);
    }

    @Actor
    public void adopter(final II_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void remote() {
      made.heaps.free(blocks[0]);
    }

    @Arbiter
    public void look(final II_Result r) {
      r.r2 = remaining();
      made.close();
    }
  }

  /** As before, with two threads that free. */
  @JCStressTest
  @Outcome(id = "1, 4", expect = ACCEPTABLE, desc = "taken over; all free blocks are there")
  @Outcome(id = "0, 5", expect = ACCEPTABLE_INTERESTING, desc = "left alone; all are there later")
  @Outcome(expect = FORBIDDEN, desc = "a free was lost")
  @State
  public static class HandOverAndTwoFrees extends FilledSlab {
    public HandOverAndTwoFrees() {
      super(5);
    }

    @Actor
    public void adopter(final II_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void remote() {
      made.heaps.free(blocks[0]);
    }

    @Actor
    public void other() {
      made.heaps.free(blocks[1]);
    }

    @Arbiter
    public void look(final II_Result r) {
      r.r2 = remaining();
      made.close();
    }
  }

  /** The last block is freed while another heap takes the slab over. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "taken over, and in use")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "retired; a new slab is used")
  @Outcome(expect = FORBIDDEN, desc = "retired with a live block, or empty and not found")
  @State
  public static class HandOverAndLastFree extends FilledSlab {
    public HandOverAndLastFree() {
      super(1);
    }

    @Actor
    public void adopter(final II_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void remote() {
      made.heaps.free(blocks[0]);
    }

    @Arbiter
    public void look(final II_Result r) {
      r.r2 = slab.isRetired() ? 1 : 0;
      made.close();
    }
  }

  /** Two heaps want the slab at once: one gets it, and the same block is not issued twice. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = ACCEPTABLE,
      desc = "one of them has it")
  @Outcome(expect = FORBIDDEN, desc = "both, or none")
  @State
  public static class TwoWantTheSlab extends FilledSlab {
    private final Heap other = Heap.owned(made.heaps, made.source);

    public TwoWantTheSlab() {
      super(6);
    }

    @Actor
    public void one(final III_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void other(final III_Result r) {
      r.r2 =
          SlabDirectory.slabAt(Heaps.untagged(other.allocate(CLASS))) == slab ? 1 : 0;
    }

    @Arbiter
    public void look(final III_Result r) {
      r.r3 = slab.liveCount() == 7 ? 1 : 0;
      made.close();
    }
  }

  /** Compaction lets go of a slab with one block while that block is freed by its owner. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "one of them retired it")
  @Outcome(
      id = "2",
      expect = ACCEPTABLE_INTERESTING,
      desc = "neither saw the other, the agent found it")
  @Outcome(expect = FORBIDDEN, desc = "an empty slab that nobody finds")
  @State
  public static class LetGoAndLocalFree extends HeapStress.OneSlab {
    public LetGoAndLocalFree() {
      super(1);
      heap.settle();
      slab.claim();
    }

    @Actor
    public void compactor() {
      made.source.letGo(slab);
    }

    @Actor
    public void owner() {
      freeByOwner(0);
    }

    @Arbiter
    public void look(final I_Result r) {
      r.r1 = retired();
      made.close();
    }
  }

  /** The same, freed by a remote thread. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "one of them retired it")
  @Outcome(expect = FORBIDDEN, desc = "an empty slab that nobody finds")
  @State
  public static class LetGoAndRemoteFree extends HeapStress.OneSlab {
    public LetGoAndRemoteFree() {
      super(1);
      heap.settle();
      slab.claim();
    }

    @Actor
    public void compactor() {
      made.source.letGo(slab);
    }

    @Actor
    public void remote() {
      heap.freeRemote(slab, 0);
    }

    @Arbiter
    public void look(final I_Result r) {
      r.r1 = retired();
      made.close();
    }
  }

  /** A moved block is freed by the compactor and, wrongly, by the program: one free is refused. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = ACCEPTABLE,
      desc = "found, by one of them")
  @Outcome(expect = FORBIDDEN, desc = "both taken, or both refused")
  @State
  public static class FreeOfAMovedBlock extends HeapStress.OneSlab {
    public FreeOfAMovedBlock() {
      super(2);
      heap.settle();
      slab.claim();
    }

    @Actor
    public void compactor(final II_Result r) {
      r.r1 = slab.freeMoved(0, 1L);
    }

    @Actor
    public void remote(final II_Result r) {
      r.r2 = slab.freeRemote(0) ? 0 : 1;
    }

    @Arbiter
    public void look() {
      made.close();
    }
  }
}
