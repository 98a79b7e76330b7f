package io.quarry.model;

import static io.quarry.model.Cpu.BLOCK;
import static io.quarry.model.Cpu.FREE;
import static io.quarry.model.Cpu.I;
import static io.quarry.model.Cpu.MINE;
import static io.quarry.model.Cpu.RESULT;
import static io.quarry.model.Cpu.SEEN;

/**
 * The protocol of one slab, of its owner's heap and of everybody else, as {@code Slab}, {@code
 * Heap} and {@code SlabSource} have it: a routine for each of their methods, and in it a step for
 * each access to memory that others may write. Where a method can be skipped without a difference
 * it is.
 */
final class SlabProtocol {
  // What a slab and its heap share with other threads.
  static final int STATE = 0;
  static final int TOKEN = 1;
  static final int QUEUED = 2;
  static final int FREE_0 = 3;
  static final int REMOTE_0 = 5;

  /** Whether the slab has the bitmap that all tombstones share. */
  static final int SHARED_BITMAP = 7;

  static final int HEAP_THREAD = 8;

  // What the owner keeps for himself.
  static final int WORD = 9;
  static final int WORD_INDEX = 10;
  static final int IS_CURRENT = 11;
  static final int IS_LISTED = 12;
  static final int IS_FULL = 13;

  // Locks, and what they guard.
  static final int HEAPS_LOCK = 14;
  static final int GRANULES_LOCK = 15;
  static final int IS_ABANDONED = 16;
  static final int CLOSED = 17;
  static final int IS_REGISTERED = 18;

  // What the model knows: one bit for each block that is in use, and what has happened so far.
  static final int LIVE = 19;
  static final int GIVEN = 20;
  static final int RETURNED = 21;
  static final int FREED_TWICE = 22;
  static final int COUNTED_TWICE = 23;
  static final int DEAD = 24;

  /** Of the heaps; {@link #CLOSED} is the source's, a moment later. */
  static final int HEAPS_CLOSED = 25;

  static final int VARIABLES = 26;

  // States of a slab.
  static final int CURRENT = 0;
  static final int HELD = 1;
  static final int CLAIMED = 2;
  static final int RETIRED = 3;

  static final int NOBODY = 0;

  private final Program p;
  private final Mutation mutation;
  private final int words;
  private final int bits;
  private final boolean bothMayBeTaken;

  /**
   * Writes the routines.
   *
   * @param words of the bitmaps, 1 or 2
   * @param bits blocks for each word
   * @param bothMayBeTaken whether the program frees a block twice at one instant
   */
  SlabProtocol(
      final Program program,
      final Mutation mutation,
      final int words,
      final int bits,
      final boolean bothMayBeTaken) {
    this.p = program;
    this.mutation = mutation;
    this.words = words;
    this.bits = bits;
    this.bothMayBeTaken = bothMayBeTaken;
    look();
    retire();
    queue();
    free();
    allocate();
    giveUp();
    agent();
    end();
  }

  int all() {
    return (1 << bits) - 1;
  }

  private boolean is(final Mutation other) {
    return mutation == other;
  }

  private int wordOf(final Cpu c) {
    return c.get(BLOCK) / bits;
  }

  private int bitOf(final Cpu c) {
    return 1 << c.get(BLOCK) % bits;
  }

  /** The value a thread's id has in {@link #HEAP_THREAD}. */
  static int id(final Cpu c) {
    return c.thread + 1;
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

  private void readRemote(final Cpu c) {
    c.set(I, wordOf(c));
    c.set(SEEN, c.load(REMOTE_0 + c.get(I)));
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
          p.step("give the granules", this::give);
        });
    unlock(GRANULES_LOCK);
  }

  private void give(final Cpu c) {
    require(c.own(GIVEN) == 0, "granules given back twice");
    c.own(GIVEN, 1);
  }

  private void lock(final int lock) {
    p.step("lock", c -> c.own(lock) == 0, c -> c.storeVolatile(lock, id(c)));
  }

  private void unlock(final int lock) {
    p.step("unlock", c -> c.storeVolatile(lock, 0));
  }

  static void require(final boolean right, final String otherwise) {
    if (!right) {
      throw new IllegalStateException(otherwise);
    }
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

  private static void list(final Cpu c) {
    c.own(IS_FULL, 0);
    c.own(IS_LISTED, 1);
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
          p.when(c -> c.get(SEEN) == HELD, () -> p.step("list", SlabProtocol::list));
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
          p.step("give the granules", this::give);
        });
    unlock(GRANULES_LOCK);
  }
}
