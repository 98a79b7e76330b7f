package io.quarry.heap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.quarry.region.Refusal;
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
import org.openjdk.jcstress.infra.results.LL_Result;

/** Heaps that change hands, large blocks, and the end of all of it. */
public final class HeapsStress {
  private static final int CLASS = SizeClasses.of(SizeClasses.MAX_SMALL_BYTES);

  /** A quarter of the eight blocks of a slab. */
  private static final int BORROWED = 2;

  private HeapsStress() {}

  /** The first few blocks of a class are of shared heaps; this is one after those. */
  static long allocateOfOwnHeap(final Heaps heaps) {
    for (int i = 0; i < BORROWED; i++) {
      heaps.free(heaps.allocate(CLASS));
    }
    return heaps.allocate(CLASS);
  }

  /** A block of a thread that is dead. */
  abstract static class DeadThread {
    final MadeUpHeaps made = new MadeUpHeaps();
    final Heaps heaps = made.heaps;
    final long block;
    final Slab slab;

    DeadThread() {
      final long[] allocated = new long[1];
      final Thread dying = new Thread(() -> allocated[0] = allocateOfOwnHeap(heaps));
      dying.start();
      try {
        dying.join();
      } catch (final InterruptedException never) {
        throw new AssertionError(never);
      }
      block = allocated[0];
      slab = SlabDirectory.slabAt(block);
    }
  }

  /** The block is freed while the agent abandons the heap. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "one of them found the slab empty and held")
  @Outcome(expect = FORBIDDEN, desc = "an empty slab of an abandoned heap that was not found")
  @State
  public static class FreeAndAbandon extends DeadThread {
    @Actor
    public void agent() {
      heaps.housekeep(0, 1);
    }

    @Actor
    public void remote() {
      heaps.free(block);
    }

    @Arbiter
    public void look(final I_Result r) {
      r.r1 = slab.isRetired() ? 1 : 0;
      made.close();
    }
  }

  /** The block is freed while another thread adopts the heap, and allocates from it. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the slab is used")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the slab is retired, a new one is used")
  @Outcome(expect = FORBIDDEN, desc = "retired with a live block, or empty and not found")
  @State
  public static class FreeAndAdopt extends DeadThread {
    public FreeAndAdopt() {
      heaps.housekeep(0, 1);
    }

    @Actor
    public void adopter(final II_Result r) {
      r.r1 = SlabDirectory.slabAt(heaps.allocate(CLASS)) == slab ? 1 : 0;
    }

    @Actor
    public void remote() {
      heaps.free(block);
    }

    @Arbiter
    public void look(final II_Result r) {
      r.r2 = slab.isRetired() ? 1 : 0;
      made.close();
    }
  }

  /** Two threads free one large block. */
  @JCStressTest
  @Outcome(
      id = {"FREED, DOUBLE_FREE", "DOUBLE_FREE, FREED"},
      expect = ACCEPTABLE,
      desc = "one was refused")
  @Outcome(expect = FORBIDDEN, desc = "both taken, or both refused")
  @State
  public static class TwoFreesOfALargeBlock {
    private final MadeUpHeaps made = new MadeUpHeaps();
    private final long block =
        Heaps.untagged(made.heaps.large().allocate(SizeClasses.MAX_CLASS_BYTES + 1, 1));

    @Actor
    public void first(final LL_Result r) {
      r.r1 = made.heaps.free(block);
    }

    @Actor
    public void second(final LL_Result r) {
      r.r2 = made.heaps.free(block);
    }

    @Arbiter
    public void end(final LL_Result r) {
      made.close();
    }
  }

  /**
   * A free in the middle of close: it is taken or refused, and
   * nothing else happens.
   */
  @JCStressTest
  @Outcome(id = "FREED", expect = ACCEPTABLE, desc = "before")
  @Outcome(id = "FOREIGN", expect = ACCEPTABLE, desc = "after")
  @Outcome(expect = FORBIDDEN, desc = "anything else")
  @State
  public static class FreeAndClose {
    private final MadeUpHeaps made = new MadeUpHeaps();
    private final long block = made.heaps.allocate(CLASS);
    private volatile Object freed;

    @Actor
    public void free() {
      freed = made.heaps.free(block);
    }

    @Actor
    public void close() {
      made.close();
    }

    @Arbiter
    public void end(final org.openjdk.jcstress.infra.results.L_Result r) {
      r.r1 = freed;
    }
  }

  /**
   * An allocation in the middle of close gets an address or is refused (r1); one that begins
   * afterwards is refused (r2), on the fast path and on the slow one.
   */
  @JCStressTest
  @Outcome(
      id = {"address, refused", "refused, refused"},
      expect = ACCEPTABLE,
      desc = "none afterwards")
  @Outcome(expect = FORBIDDEN, desc = "an address after close has returned")
  @State
  public static class AllocateAndClose {
    private final MadeUpHeaps made = new MadeUpHeaps();
    private volatile boolean closed;

    @Actor
    public void allocate(final LL_Result r) {
      r.r1 = outcome();
      if (closed) {
        r.r2 = outcome();
      }
    }

    @Actor
    public void close() {
      made.heaps.close();
      closed = true;
    }

    @Arbiter
    public void end(final LL_Result r) {
      r.r2 = r.r2 == null ? outcome() : r.r2;
      made.close();
    }

    private String outcome() {
      // As SlabAllocator.malloc does it.
      final Thread thread = Thread.currentThread();
      final Slab slab =
          HeapTable.slabAt(made.heaps.table().rows(), thread, SizeClasses.MAX_SMALL_BYTES);
      final long address = slab.mayTake(thread) ? slab.take() : made.heaps.allocate(CLASS);
      return address > 0
          ? "address"
          : Heaps.refusal(address) == Refusal.CLOSED ? "refused" : "other";
    }
  }

  /** Each thread finds its own heap while others enter theirs and the table grows. */
  @JCStressTest
  @Outcome(id = "own, own", expect = ACCEPTABLE, desc = "each finds its own")
  @Outcome(expect = FORBIDDEN, desc = "somebody else's heap, or none")
  @State
  public static class EnterAndFind {
    private final HeapTable table = new HeapTable();

    {
      for (int i = 0; i < 3; i++) {
        enter(new Thread(() -> {}));
      }
    }

    private Heap enter(final Thread thread) {
      final Heap heap = Heap.ofLarge(null, null);
      synchronized (table) {
        heap.thread(thread);
        table.enter(heap, thread);
      }
      return heap;
    }

    private String enterAndFind() {
      final Thread thread = Thread.currentThread();
      if (table.first(thread) != Heap.NONE || table.find(thread) != Heap.NONE) {
        return "somebody else's";
      }
      final Heap own = enter(thread);
      return table.find(thread) == own ? "own" : "none";
    }

    @Actor
    public void first(final LL_Result r) {
      r.r1 = enterAndFind();
    }

    @Actor
    public void second(final LL_Result r) {
      r.r2 = enterAndFind();
    }
  }

  /**
   * The agent makes a thread's heap unreachable and gives it back, as it does where it finds the
   * thread inside, while the thread is: allocating, freeing, needing its heap. Whoever of the two
   * gives it back, no block is lost or issued twice.
   */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "one block is live, and the thread has its heap")
  @Outcome(expect = FORBIDDEN, desc = "a block lost or issued twice, or a heap that is nobody's")
  @State
  public static class SuspendAndUse {
    private final MadeUpHeaps made = new MadeUpHeaps();
    private final Heaps heaps = made.heaps;

    @Actor
    public void thread(final II_Result r) {
      long kept = allocateOfOwnHeap(heaps);
      for (int i = 0; i < 4; i++) {
        final long next = heaps.allocate(CLASS);
        if (next == kept || heaps.free(kept) != Freed.FREED) {
          r.r1 = -1;
        }
        kept = next;
      }
    }

    @Actor
    public void agent() {
      for (int i = 0; i < 4; i++) {
        for (final Heap heap : heaps.liveHeaps()) {
          final Thread thread = heaps.suspend(heap);
          if (thread != null) {
            heaps.resolve(heap, thread, false);
          }
        }
      }
    }

    @Arbiter
    public void look(final II_Result r) {
      r.r1 += (int) heaps.census().liveBlocks(CLASS);
      r.r2 = 0;
      for (final Heap heap : heaps.liveHeaps()) {
        r.r2 += heap.threadVolatile() != null ? 1 : 100;
      }
      made.close();
    }
  }

  /**
   * Two threads want a heap, and a dead one has left one with a slab of eight blocks, one in use.
   * One of them adopts it and allocates from the slab; the other gets another heap and another slab.
   */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 2", "0, 1, 2"},
      expect = ACCEPTABLE,
      desc = "one of them adopted it")
  @Outcome(
      id = "1, 1, 3",
      expect = ACCEPTABLE,
      desc = "one after the other: the harness has ended the thread of the first")
  @Outcome(expect = FORBIDDEN, desc = "both at once, or neither, or a block issued twice")
  @State
  public static class TwoAdopt extends DeadThread {
    public TwoAdopt() {
      heaps.housekeep(0, 1);
    }

    @Actor
    public void one(final III_Result r) {
      r.r1 = allocatedFromSlab();
    }

    @Actor
    public void other(final III_Result r) {
      r.r2 = allocatedFromSlab();
    }

    @Arbiter
    public void look(final III_Result r) {
      r.r3 = slab.liveCount();
      made.close();
    }

    private int allocatedFromSlab() {
      return SlabDirectory.slabAt(allocateOfOwnHeap(heaps)) == slab ? 1 : 0;
    }
  }

  /**
   * A heap is adopted, or its slabs settled, while all is closed and retired: no address comes
   * afterwards, and all granules come back once.
   */
  @JCStressTest
  @Outcome(id = "refused, 0", expect = ACCEPTABLE, desc = "none afterwards, and all came back")
  @Outcome(expect = FORBIDDEN, desc = "an address after the end, or granules lost or given twice")
  @State
  public static class AdoptAndEnd extends DeadThread {
    @Actor
    public void agentAndAdopter() {
      heaps.housekeep(0, 1);
      heaps.allocate(CLASS);
    }

    @Actor
    public void close() {
      heaps.close();
      heaps.retireAll();
    }

    @Arbiter
    public void look(final LL_Result r) {
      heaps.retireAll();
      final long late = heaps.allocate(CLASS);
      r.r1 = late < 0 && Heaps.refusal(late) == Refusal.CLOSED ? "refused" : "address";
      made.regions.lock().lock();
      try {
        r.r2 = made.regions.mappedBytes() - made.regions.idleBytes();
      } finally {
        made.regions.lock().unlock();
      }
      made.close();
    }
  }

  /** A free of another thread's block, and the agent's look at the queue, while all is retired. */
  @JCStressTest
  @Outcome(
      id = {"FREED, 0", "DOUBLE_FREE, 0", "FOREIGN, 0"},
      expect = ACCEPTABLE,
      desc = "taken, or too late; either way the granules came back once")
  @Outcome(expect = FORBIDDEN, desc = "granules were lost or given twice")
  @State
  public static class FreeExamineAndEnd extends DeadThread {
    @Actor
    public void remoteAndAgent(final LL_Result r) {
      r.r1 = heaps.free(block);
      heaps.retireEmpties();
    }

    @Actor
    public void close() {
      heaps.close();
      heaps.retireAll();
    }

    @Arbiter
    public void look(final LL_Result r) {
      made.regions.lock().lock();
      try {
        r.r2 = made.regions.mappedBytes() - made.regions.idleBytes();
      } finally {
        made.regions.lock().unlock();
      }
      made.close();
    }
  }
}
