package io.quarry.model;

import static io.quarry.model.Cpu.BLOCK;
import static io.quarry.model.Cpu.FREE;
import static io.quarry.model.Cpu.I;
import static io.quarry.model.Cpu.MINE;
import static io.quarry.model.Cpu.RESULT;
import static io.quarry.model.Cpu.SEEN;

/** Freeing and allocating blocks, and giving up the current slab: {@code Slab} and {@code Heap}. */
final class BlockRoutines extends Routines {
  private final boolean bothMayBeTaken;

  BlockRoutines(
      final Program program,
      final Mutation mutation,
      final int words,
      final int bits,
      final boolean bothMayBeTaken) {
    super(program, mutation, words, bits);
    this.bothMayBeTaken = bothMayBeTaken;
  }

  void write() {
    free();
    allocate();
    giveUp();
  }

  // --- freeing: takes BLOCK, gives RESULT, 1 if it was taken -------------------------------------

  private void free() {
    p.routine("free");
    p.step("owner?", c -> c.set(SEEN, c.load(HEAP_THREAD) == id(c)));
    p.when(
        c -> c.get(SEEN) == 1,
        () -> {
          p.step("fast?", c -> c.set(RESULT, c.own(IS_FULL) == 0));
          p.when(c -> c.get(RESULT) == 1, () -> p.call("freeFast"));
          p.when(c -> c.get(RESULT) == 1, p::done);
        });
    p.step("retired?", c -> c.set(SEEN, c.load(STATE) == RETIRED));
    p.when(
        c -> c.get(SEEN) == 1,
        () -> {
          p.step("refused", c -> c.set(RESULT, 0));
          p.done();
        });
    p.step("owner?", c -> c.set(SEEN, c.load(HEAP_THREAD) == id(c)));
    p.when(c -> c.get(SEEN) == 1, () -> p.call("freeLocal"), () -> p.call("freeRemote"));

    p.routine("freeFast");
    p.step("which bitmap", c -> c.set(FREE, c.load(SHARED_BITMAP)));
    p.when(c -> c.get(FREE) == 1, this::refused);
    p.step("free", c -> c.set(FREE, c.load(FREE_0 + wordOf(c))));
    p.when(c -> (c.get(FREE) & bitOf(c)) != 0, this::refused);
    if (!is(Mutation.FAST_FREE_IGNORES_TOKEN)) {
      p.step("token?", c -> c.set(SEEN, c.load(TOKEN)));
      p.when(c -> c.get(SEEN) != 0, this::refused);
    }
    if (!is(Mutation.FAST_FREE_EMPTIES_HELD)) {
      p.when(
          c -> (c.get(FREE) | bitOf(c)) == all(),
          () -> {
            p.step("state?", c -> c.set(SEEN, c.load(STATE)));
            p.when(c -> c.get(SEEN) != CURRENT, this::refused);
          });
    }
    p.step(
        "set bit",
        c -> {
          taken(c);
          c.storeRelease(FREE_0 + wordOf(c), c.get(FREE) | bitOf(c));
        });

    p.routine("freeLocal");
    p.step("remote", this::readRemote);
    p.step("which bitmap", c -> c.set(FREE, c.load(SHARED_BITMAP)));
    p.when(c -> c.get(FREE) == 1, this::refused);
    p.step("free", c -> c.set(FREE, c.load(FREE_0 + wordOf(c))));
    p.when(c -> ((c.get(SEEN) | c.get(FREE)) & bitOf(c)) != 0, this::refused);
    p.step(
        "set bit",
        c -> {
          taken(c);
          c.storeVolatile(FREE_0 + wordOf(c), c.get(FREE) | bitOf(c));
        });
    p.when(
        c -> c.own(IS_FULL) == 1,
        () -> {
          p.step("held?", c -> c.set(SEEN, c.load(STATE)));
          p.when(c -> c.get(SEEN) == HELD, () -> p.step("list", Routines::list));
        });
    p.call("isWordEmpty");
    p.when(
        c -> c.get(RESULT) == 1,
        () -> {
          p.step("current?", c -> c.set(SEEN, c.load(STATE)));
          p.when(
              c -> c.get(SEEN) != CURRENT,
              () -> {
                p.step("fence", Cpu::fence);
                p.call("retireIfEmpty");
                p.when(c -> c.get(RESULT) == 1, () -> p.step("unlist", c -> c.own(IS_LISTED, 0)));
              });
        });
    p.step("taken", c -> c.set(RESULT, 1));

    p.routine("freeRemote");
    if (is(Mutation.LOOKS_AT_FREE_FIRST)) {
      p.step("word", c -> c.set(I, wordOf(c)));
      p.call("freeVolatile");
      p.step("remote", this::readRemote);
    } else {
      p.step("remote", this::readRemote);
      if (is(Mutation.LOOKS_AT_FREE_ONLY)) {
        p.step("forget it", c -> c.set(SEEN, 0));
      }
      p.call("freeVolatile");
    }
    p.when(c -> ((c.get(SEEN) | c.get(FREE)) & bitOf(c)) != 0, this::refused);
    p.step(
        "OR remote",
        c -> {
          final int before = c.getAndOr(REMOTE_0 + wordOf(c), bitOf(c));
          c.set(RESULT, (before & bitOf(c)) == 0);
          if (c.get(RESULT) == 1) {
            taken(c);
          }
        });
    p.when(c -> c.get(RESULT) == 0, p::done);
    p.call("announce");
    p.call("isWordEmpty");
    p.when(c -> c.get(RESULT) == 1, () -> p.call("retireIfEmpty"));
    p.step("taken", c -> c.set(RESULT, 1));
  }

  private void refused() {
    p.step("refused", c -> c.set(RESULT, 0));
    p.done();
  }

  /** A free was taken, of a block that is in use, unless the program frees it twice at once. */
  private void taken(final Cpu c) {
    final int block = 1 << c.get(BLOCK);
    if ((c.own(LIVE) & block) == 0) {
      require(bothMayBeTaken, "a second free was taken");
      c.own(FREED_TWICE, c.own(FREED_TWICE) + 1);
    }
    c.own(LIVE, c.own(LIVE) & ~block);
  }

  // --- allocating: gives RESULT, and in MINE the block -------------------------------------------

  private void allocate() {
    p.routine("reload");
    for (int visited = 1; visited <= words; visited++) {
      final int step = visited;
      p.step(
          "free, word " + step,
          c -> {
            final int i = (c.own(WORD_INDEX) + step) % words;
            c.set(I, i);
            c.set(FREE, c.load(SHARED_BITMAP) == 1 ? all() : c.load(FREE_0 + i));
          });
      p.when(
          c -> c.get(FREE) != 0,
          () -> {
            p.step(
                "check out",
                c -> {
                  c.own(WORD_INDEX, c.get(I));
                  c.own(WORD, c.get(FREE));
                  c.set(RESULT, 1);
                });
            p.done();
          });
    }
    p.step("nothing", c -> c.set(RESULT, 0));

    p.routine("take");
    p.step("clear bit", this::issue);

    p.routine("malloc");
    p.step("heap?", c -> c.set(SEEN, c.load(HEAP_THREAD) == id(c)));
    p.when(
        c -> c.get(SEEN) == 0,
        () -> {
          p.step("has none", c -> c.set(RESULT, 0));
          p.done();
        });
    p.when(
        c -> c.own(IS_CURRENT) == 1,
        () -> {
          p.when(c -> c.own(WORD) == 0, () -> p.call("reload"), () -> p.step("has one", this::one));
          p.when(c -> c.get(RESULT) == 1, this::takeAndReturn);
          p.call("drainQueue");
          p.call("reload");
          p.when(c -> c.get(RESULT) == 1, this::takeAndReturn);
          p.step("no slab is current", c -> c.own(IS_CURRENT, 0));
          p.call("giveUp");
        },
        () -> p.call("drainQueue"));
    p.when(
        c -> c.own(IS_LISTED) == 1,
        () -> {
          p.step("poll", c -> c.own(IS_LISTED, 0));
          p.step(
              "make current",
              c -> {
                c.set(RESULT, c.compareAndSet(STATE, HELD, CURRENT));
                if (c.get(RESULT) == 1) {
                  c.own(IS_FULL, 0);
                  c.own(IS_CURRENT, 1);
                }
              });
          p.when(
              c -> c.get(RESULT) == 1,
              () -> {
                p.call("reload");
                p.when(c -> c.get(RESULT) == 1, this::takeAndReturn);
                p.step("no slab is current", c -> c.own(IS_CURRENT, 0));
                p.call("giveUp");
              },
              () -> {
                p.step("retired?", c -> c.set(SEEN, c.load(STATE)));
                p.when(
                    c -> c.get(SEEN) != RETIRED, () -> p.step("mark full", c -> c.own(IS_FULL, 1)));
              });
        });
    p.step("would carve", c -> c.set(RESULT, 0));
  }

  private void one(final Cpu c) {
    c.set(RESULT, 1);
  }

  private void takeAndReturn() {
    p.call("take");
    p.done();
  }

  private void issue(final Cpu c) {
    final int candidates = c.own(WORD);
    final int bit = candidates & -candidates;
    final int word = c.own(WORD_INDEX);
    final int block = word * bits + Integer.numberOfTrailingZeros(bit);
    require((c.own(LIVE) & 1 << block) == 0, "a block was issued twice");
    require(c.own(GIVEN) == 0 || c.own(CLOSED) == 1, "a block of a retired slab was issued");
    require(c.load(SHARED_BITMAP) == 0, "the bitmap of all tombstones was written");
    c.own(LIVE, c.own(LIVE) | 1 << block);
    c.own(WORD, candidates & ~bit);
    c.store(FREE_0 + word, c.load(FREE_0 + word) & ~bit);
    c.set(MINE, block);
    c.set(RESULT, 1);
  }

  // --- giving up a slab --------------------------------------------------------------------------

  private void giveUp() {
    p.routine("giveUp");
    p.step("mark full", c -> c.own(IS_FULL, 1));
    p.step("state = HELD", this::makeHeld);
    if (!is(Mutation.NO_LOOK_AFTER_GIVING_UP)) {
      p.call("retireIfEmpty");
    }

    p.routine("settle");
    p.call("drainQueue");
    p.when(
        c -> c.own(IS_CURRENT) == 1,
        () -> {
          p.step(
              "list",
              c -> {
                c.own(IS_CURRENT, 0);
                c.own(IS_LISTED, 1);
              });
          p.step("state = HELD", this::makeHeld);
          p.call("retireIfEmpty");
          p.when(c -> c.get(RESULT) == 1, () -> p.step("unlist", c -> c.own(IS_LISTED, 0)));
        });
  }

  private void makeHeld(final Cpu c) {
    c.own(WORD, 0);
    if (is(Mutation.HELD_WITH_RELEASE)) {
      c.storeRelease(STATE, HELD);
    } else {
      c.storeVolatile(STATE, HELD);
    }
  }
}
