package io.quarry.model;

import static io.quarry.model.Cpu.FREE;
import static io.quarry.model.Cpu.I;
import static io.quarry.model.Cpu.RESULT;
import static io.quarry.model.Cpu.SEEN;

/** The agent, heaps that change hands, and the end: {@code Heaps} and {@code SlabSource}. */
final class HeapsRoutines extends Routines {

  HeapsRoutines(final Program program, final Mutation mutation, final int words, final int bits) {
    super(program, mutation, words, bits);
  }

  void write() {
    agent();
    end();
  }

  // --- the agent, and heaps that change hands ----------------------------------------------------

  private void agent() {
    p.routine("examine");
    p.step("take queue", c -> c.set(SEEN, c.compareAndSet(QUEUED, 1, 0)));
    p.when(c -> c.get(SEEN) == 0, p::done);
    p.step("retired?", c -> c.set(SEEN, c.load(STATE)));
    p.when(c -> c.get(SEEN) == RETIRED, p::done);
    p.call("retireIfEmpty");
    p.when(c -> c.get(RESULT) == 0, () -> p.call("push"));

    // As partial return and compaction do it: what is free while the slab is claimed stays free.
    p.routine("claimAndDiscard");
    p.step("claim", c -> c.set(RESULT, c.compareAndSet(STATE, HELD, CLAIMED)));
    p.when(c -> c.get(RESULT) == 0, p::done);
    p.step("remote", c -> c.set(SEEN, c.load(REMOTE_0)));
    p.step("first word", c -> c.set(I, 0));
    p.call("freeVolatile");
    p.step(
        "discard",
        c ->
            require(
                ((c.get(SEEN) | c.get(FREE)) & c.own(LIVE) & all()) == 0 || c.own(CLOSED) == 1,
                "pages of a live block were given back"));
    p.call("unclaim");
    p.call("retireIfEmpty");

    p.routine("die");
    p.step("last stores", Cpu::fence);
    p.step("dead", c -> c.own(DEAD, c.own(DEAD) | 1 << c.thread));

    // Waits for the death of thread A.
    p.routine("abandonDead");
    p.step("is dead", c -> (c.own(DEAD) & 1) != 0, c -> {});
    lock(HEAPS_LOCK);
    p.when(
        c -> c.own(HEAPS_CLOSED) == 0,
        () -> {
          p.step("heap is nobody's", c -> c.storeVolatile(HEAP_THREAD, NOBODY));
          if (!is(Mutation.ABANDONED_UNSETTLED)) {
            p.call("settle");
          }
          p.step("abandoned", c -> c.own(IS_ABANDONED, 1));
        });
    unlock(HEAPS_LOCK);

    p.routine("adopt");
    lock(HEAPS_LOCK);
    p.when(
        c -> c.own(IS_ABANDONED) == 1 && c.own(HEAPS_CLOSED) == 0,
        () ->
            p.step(
                "heap is ours",
                c -> {
                  c.own(IS_ABANDONED, 0);
                  c.storeVolatile(HEAP_THREAD, id(c));
                }));
    unlock(HEAPS_LOCK);
  }

  // --- the end -----------------------------------------------------------------------------------

  private void end() {
    p.routine("close");
    lock(HEAPS_LOCK);
    p.step(
        "heap is nobody's",
        c -> {
          c.own(HEAPS_CLOSED, 1);
          c.own(IS_ABANDONED, 0);
          c.storeVolatile(HEAP_THREAD, NOBODY);
        });
    unlock(HEAPS_LOCK);
    lock(GRANULES_LOCK);
    p.step("closed", c -> c.own(CLOSED, 1));
    p.when(
        c -> c.own(IS_REGISTERED) == 1,
        () -> {
          p.step(
              "claim",
              c -> {
                c.own(IS_REGISTERED, 0);
                c.set(SEEN, c.compareAndSet(STATE, HELD, CLAIMED));
              });
          p.step("state = RETIRED", c -> c.storeVolatile(STATE, RETIRED));
          p.when(
              c -> c.get(SEEN) == 1 || is(Mutation.CURRENT_GETS_SHARED_BITMAP),
              () -> p.step("bitmap = shared", c -> c.storeRelease(SHARED_BITMAP, 1)));
          p.step("give the granules", Routines::give);
        });
    unlock(GRANULES_LOCK);
  }
}
