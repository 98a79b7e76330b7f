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
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** A heap and its slabs. One actor is the owner; which thread that is, a heap does not ask. */
public final class HeapStress {
  private HeapStress() {}

  /** A heap with one slab, of eight blocks, all of them issued, that is current. */
  abstract static class OneSlab {
    static final int CLASS = SizeClasses.of(SizeClasses.MAX_SMALL_BYTES);

    final MadeUpHeaps made = new MadeUpHeaps();
    final Heap heap = Heap.owned(made.heaps, made.source);
    final Slab slab;

    OneSlab(final int live) {
      slab = SlabDirectory.slabAt(heap.allocate(CLASS));
      for (int i = 1; i < slab.blockCount(); i++) {
        heap.allocate(CLASS);
      }
      for (int i = live; i < slab.blockCount(); i++) {
        heap.freeLocal(slab, i);
      }
    }

    /** As SlabAllocator.free and Heaps.free do it. */
    final void freeByOwner(final int index) {
      if (slab.isMarkedFull() || !slab.freeFast(slab.addressOf(index))) {
        heap.freeLocal(slab, index);
      }
    }

    /** 1 if the slab is retired, 2 if it is once the agent has looked, otherwise 0. */
    final int retired() {
      if (slab.isRetired()) {
        return 1;
      }
      heap.examine();
      return slab.isRetired() ? 2 : 0;
    }

    final int allocatedFromSlab() {
      return SlabDirectory.slabAt(Heaps.untagged(heap.allocate(CLASS))) == slab ? 1 : 0;
    }
  }

  /** The last two blocks of a held slab, freed by the owner and by another thread. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "one of them found it empty")
  @Outcome(
      id = "2",
      expect = ACCEPTABLE_INTERESTING,
      desc = "neither saw the other, the agent found it")
  @Outcome(expect = FORBIDDEN, desc = "an empty slab that nobody finds")
  @State
  public static class LocalAndRemoteFree extends OneSlab {
    public LocalAndRemoteFree() {
      super(2);
      heap.settle();
    }

    @Actor
    public void owner() {
      freeByOwner(0);
    }

    @Actor
    public void remote() {
      heap.freeRemote(slab, 1);
    }

    @Arbiter
    public void look(final I_Result r) {
      r.r1 = retired();
      made.close();
    }
  }

  /** The last two blocks, freed by two threads of which neither is the owner. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "the last of them found it empty")
  @Outcome(expect = FORBIDDEN, desc = "an empty slab that was not found at once")
  @State
  public static class TwoRemoteFrees extends OneSlab {
    public TwoRemoteFrees() {
      super(2);
      heap.settle();
    }

    @Actor
    public void first() {
      heap.freeRemote(slab, 0);
    }

    @Actor
    public void second() {
      heap.freeRemote(slab, 1);
    }

    @Arbiter
    public void look(final I_Result r) {
      r.r1 = retired();
      made.close();
    }
  }

  /** The last block is freed while the owner puts the slab away: CURRENT to HELD. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "one of them found it empty and held")
  @Outcome(expect = FORBIDDEN, desc = "an empty slab that was not found at once")
  @State
  public static class RemoteFreeAndPutAway extends OneSlab {
    public RemoteFreeAndPutAway() {
      super(1);
    }

    @Actor
    public void owner() {
      heap.settle();
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

  /**
   * All blocks but one are free in remote[], the last is freed by another thread while the owner
   * allocates: from this slab, which stays then, or from a new one, and this is retired.
   */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "drained and allocated from")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "retreated from, and found empty")
  @Outcome(expect = FORBIDDEN, desc = "retired with a live block, or empty and not found")
  @State
  public static class RemoteFreeAndRetreat extends OneSlab {
    public RemoteFreeAndRetreat() {
      super(8);
    }

    @Actor
    public void owner(final II_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void remote() {
      for (int i = 0; i < 8; i++) {
        heap.freeRemote(slab, i);
      }
    }

    @Arbiter
    public void look(final II_Result r) {
      r.r2 = retired() == 0 ? 0 : 1;
      made.close();
    }
  }

  /** The owner makes a held slab current while the free of its last block retires it. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "allocated from")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "retired; allocated from a new one")
  @Outcome(expect = FORBIDDEN, desc = "retired with a live block, or empty and not found")
  @State
  public static class RemoteFreeAndMakeCurrent extends OneSlab {
    public RemoteFreeAndMakeCurrent() {
      super(1);
      heap.settle();
    }

    @Actor
    public void owner(final II_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void remote() {
      heap.freeRemote(slab, 0);
    }

    @Arbiter
    public void look(final II_Result r) {
      r.r2 = retired() == 0 ? 0 : 1;
      made.close();
    }
  }

  /**
   * The agent holds the queue in hand while the owner looks for a block. It may miss what is queued
   * and carve, but never lose it: in the end the block freed before is found again.
   */
  @JCStressTest
  @Outcome(id = {"0, 1", "1, 0"}, expect = ACCEPTABLE, desc = "found now, or next time")
  @Outcome(expect = FORBIDDEN, desc = "a free block that the owner never finds")
  @State
  public static class ExamineAndDrain extends OneSlab {
    public ExamineAndDrain() {
      super(8);
      heap.freeRemote(slab, 3);
    }

    @Actor
    public void owner(final II_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void agent() {
      heap.examine();
    }

    @Arbiter
    public void look(final II_Result r) {
      heap.drainQueue();
      r.r2 = slab.isFree(3) && slab.isListed() ? 1 : 0;
      made.close();
    }
  }

  /**
   * The agent claims a slab, as to give back pages of it, and lets it go, while the owner wants to
   * allocate from it. He may have to take another, but it is not lost to him.
   */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "allocated from")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "passed over, and found again")
  @Outcome(expect = FORBIDDEN, desc = "a slab that the owner never finds again")
  @State
  public static class ClaimAndAllocate extends OneSlab {
    public ClaimAndAllocate() {
      super(1);
      heap.settle();
    }

    @Actor
    public void owner(final II_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void agent() {
      if (slab.claim()) {
        made.source.letGo(slab);
      }
    }

    @Arbiter
    public void look(final II_Result r) {
      heap.drainQueue();
      r.r2 = slab.isCurrent() || slab.isHeld() && slab.isListed() ? 1 : 0;
      made.close();
    }
  }

  /** The last block is freed by another thread while the agent claims the slab and lets it go. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "one of them retired it")
  @Outcome(expect = FORBIDDEN, desc = "an empty slab that was not found at once")
  @State
  public static class RemoteFreeAndClaim extends OneSlab {
    public RemoteFreeAndClaim() {
      super(1);
      heap.settle();
    }

    @Actor
    public void agent() {
      if (slab.claim()) {
        made.source.letGo(slab);
      }
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

  /**
   * The same, freed by the owner. His fast free has no fence: if the agent announces the slab at
   * that moment, neither may see the other; but then the slab is queued, and the agent looks there.
   */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "one of them retired it")
  @Outcome(
      id = "2",
      expect = ACCEPTABLE_INTERESTING,
      desc = "neither saw the other, the agent found it")
  @Outcome(expect = FORBIDDEN, desc = "an empty slab that nobody finds")
  @State
  public static class LocalFreeAndClaim extends OneSlab {
    public LocalFreeAndClaim() {
      super(1);
      heap.settle();
    }

    @Actor
    public void agent() {
      if (slab.claim()) {
        made.source.letGo(slab);
      }
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
}
