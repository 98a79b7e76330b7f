package io.quarry.model;

import static io.quarry.model.Cpu.FREE;
import static io.quarry.model.Cpu.I;
import static io.quarry.model.Cpu.RESULT;
import static io.quarry.model.Cpu.SEEN;

/** Looking whether a slab is empty, claiming and retiring it, and the queue of its owner. */
final class ClaimRoutines extends Routines {

  ClaimRoutines(final Program program, final Mutation mutation, final int words, final int bits) {
    super(program, mutation, words, bits);
  }

  void write() {
    look();
    retire();
    queue();
  }

  // --- looking -----------------------------------------------------------------------------------

  private void look() {
    // Takes I, the word; gives FREE, as freeVolatile does: the bitmap first, then its word.
    p.routine("freeVolatile");
    p.step("which bitmap", c -> c.set(FREE, c.load(SHARED_BITMAP)));
    p.when(
        c -> c.get(FREE) == 1,
        () -> p.step("free", c -> c.set(FREE, all())),
        () -> p.step("free", c -> c.set(FREE, c.load(FREE_0 + c.get(I)))));

    p.routine("isEmpty");
    p.step("begin", c -> c.set(I, 0));
    p.loop(
        () -> {
          p.step("remote", c -> c.set(SEEN, c.load(REMOTE_0 + c.get(I))));
          p.call("freeVolatile");
          p.when(
              c -> (c.get(SEEN) | c.get(FREE)) != all(),
              () -> {
                p.step("not", c -> c.set(RESULT, 0));
                p.done();
              });
          p.step("next", c -> c.set(I, c.get(I) + 1));
          p.when(c -> c.get(I) == words, p::leave);
        });
    p.step("it is", c -> c.set(RESULT, 1));

    p.routine("isWordEmpty");
    p.step("remote", c -> readRemote(c));
    p.call("freeVolatile");
    p.step("sum", c -> c.set(RESULT, (c.get(SEEN) | c.get(FREE)) == all()));
  }

  // --- claiming and retiring ---------------------------------------------------------------------

  private void retire() {
    p.routine("claimIfEmpty");
    p.loop(
        () -> {
          p.call("isEmpty");
          p.when(c -> c.get(RESULT) == 0, p::done);
          p.step("claim", c -> c.set(RESULT, c.compareAndSet(STATE, HELD, CLAIMED)));
          p.when(c -> c.get(RESULT) == 0, p::done);
          if (is(Mutation.NO_SECOND_LOOK)) {
            p.done();
          }
          p.call("isEmpty");
          p.when(c -> c.get(RESULT) == 1, p::done);
          p.call("unclaim");
        });

    p.routine("unclaim");
    p.step("state = HELD", c -> c.storeVolatile(STATE, HELD));
    if (!is(Mutation.NO_ANNOUNCEMENT)) {
      p.call("announce");
    }

    p.routine("retireIfEmpty");
    p.call("claimIfEmpty");
    p.when(
        c -> c.get(RESULT) == 1,
        () -> {
          p.call("retire");
          p.step("did it", c -> c.set(RESULT, 1));
        });

    p.routine("retire");
    lock(GRANULES_LOCK);
    p.step("closed?", c -> c.set(SEEN, c.own(CLOSED)));
    p.when(
        c -> c.get(SEEN) == 0 || is(Mutation.RETIRES_AFTER_THE_END),
        () -> {
          p.step(
              "state = RETIRED",
              c -> {
                require(c.own(LIVE) == 0, "retired with a live block");
                c.own(IS_REGISTERED, 0);
                c.storeVolatile(STATE, RETIRED);
              });
          p.step("bitmap = shared", c -> c.storeRelease(SHARED_BITMAP, 1));
          p.step("give the granules", Routines::give);
        });
    unlock(GRANULES_LOCK);
  }

  // --- the queue ---------------------------------------------------------------------------------

  private void queue() {
    p.routine("announce");
    p.step("token?", c -> c.set(SEEN, c.load(TOKEN)));
    p.when(c -> c.get(SEEN) != 0, p::done);
    p.step("win token", c -> c.set(SEEN, c.compareAndSet(TOKEN, 0, 1)));
    p.when(c -> c.get(SEEN) == 0, p::done);
    p.call("push");

    p.routine("push");
    p.step(
        "push",
        c -> require(c.compareAndSet(QUEUED, 0, 1), "a slab was queued that is in the queue"));

    p.routine("drainQueue");
    p.step("queue?", c -> c.set(SEEN, c.load(QUEUED)));
    p.when(c -> c.get(SEEN) == 0, p::done);
    p.step("take queue", c -> c.set(SEEN, c.compareAndSet(QUEUED, 1, 0)));
    p.when(c -> c.get(SEEN) == 0, p::done);
    if (!is(Mutation.TOKEN_IS_CLEARED_LAST)) {
      p.step("clear token", c -> c.storeVolatile(TOKEN, 0));
    }
    p.step("which bitmap", c -> c.set(FREE, c.load(SHARED_BITMAP)));
    p.when(c -> c.get(FREE) == 0, () -> drainWords());
    if (is(Mutation.TOKEN_IS_CLEARED_LAST)) {
      p.step("clear token", c -> c.storeVolatile(TOKEN, 0));
    }
    p.step("state?", c -> c.set(SEEN, c.load(STATE)));
    p.when(
        c -> c.get(SEEN) == RETIRED,
        () -> p.step("unlist", c -> c.own(IS_LISTED, 0)),
        () ->
            p.when(
                c -> c.get(SEEN) != CURRENT,
                () -> {
                  p.call("retireIfEmpty");
                  p.step(
                      "list or unlist",
                      c -> {
                        if (c.get(RESULT) == 1) {
                          c.own(IS_LISTED, 0);
                        } else if (c.own(IS_FULL) == 1) {
                          list(c);
                        }
                      });
                }));
  }

  private void drainWords() {
    for (int word = 0; word < words; word++) {
      final int i = word;
      p.step("remote " + i, c -> c.set(SEEN, c.load(REMOTE_0 + i)));
      p.when(
          c -> c.get(SEEN) != 0,
          () -> {
            p.step("free " + i, c -> seeArrived(c, i));
            if (is(Mutation.DRAIN_CLEARS_FIRST)) {
              p.step("clear remote " + i, c -> c.and(REMOTE_0 + i, ~c.get(SEEN)));
            }
            p.step(
                "publish free " + i, c -> c.storeVolatile(FREE_0 + i, c.get(FREE) | c.get(SEEN)));
            if (!is(Mutation.DRAIN_CLEARS_FIRST)) {
              p.step("clear remote " + i, c -> c.and(REMOTE_0 + i, ~c.get(SEEN)));
            }
          });
    }
  }

  private static void seeArrived(final Cpu c, final int i) {
    c.set(FREE, c.load(FREE_0 + i));
    c.own(COUNTED_TWICE, c.own(COUNTED_TWICE) + Integer.bitCount(c.get(FREE) & c.get(SEEN)));
  }
}
