package io.quarry.model;

import static io.quarry.model.Cpu.BLOCK;
import static io.quarry.model.Cpu.I;
import static io.quarry.model.Cpu.SEEN;

/** What the routines of the protocol have in common: the shared variables, and who may use them. */
abstract class Routines {
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

  final Program p;
  final int words;
  final int bits;
  private final Mutation mutation;

  /**
   * @param words of the bitmaps, 1 or 2
   * @param bits blocks for each word
   */
  Routines(final Program program, final Mutation mutation, final int words, final int bits) {
    this.p = program;
    this.mutation = mutation;
    this.words = words;
    this.bits = bits;
  }

  static void require(final boolean right, final String otherwise) {
    if (!right) {
      throw new IllegalStateException(otherwise);
    }
  }

  /** The value a thread's id has in {@link #HEAP_THREAD}. */
  static int id(final Cpu c) {
    return c.thread + 1;
  }

  final boolean is(final Mutation other) {
    return mutation == other;
  }

  /** A word of which all blocks are free. */
  final int all() {
    return (1 << bits) - 1;
  }

  final int wordOf(final Cpu c) {
    return c.get(BLOCK) / bits;
  }

  final int bitOf(final Cpu c) {
    return 1 << c.get(BLOCK) % bits;
  }

  final void readRemote(final Cpu c) {
    c.set(I, wordOf(c));
    c.set(SEEN, c.load(REMOTE_0 + c.get(I)));
  }

  static void list(final Cpu c) {
    c.own(IS_FULL, 0);
    c.own(IS_LISTED, 1);
  }

  static void give(final Cpu c) {
    require(c.own(GIVEN) == 0, "granules given back twice");
    c.own(GIVEN, 1);
  }

  final void lock(final int lock) {
    p.step("lock", c -> c.own(lock) == 0, c -> c.storeVolatile(lock, id(c)));
  }

  final void unlock(final int lock) {
    p.step("unlock", c -> c.storeVolatile(lock, 0));
  }
}
