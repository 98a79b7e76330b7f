package io.quarry.model;

import static io.quarry.model.Routines.CLOSED;
import static io.quarry.model.Routines.COUNTED_TWICE;
import static io.quarry.model.Routines.CURRENT;
import static io.quarry.model.Routines.FREED_TWICE;
import static io.quarry.model.Routines.FREE_0;
import static io.quarry.model.Routines.GIVEN;
import static io.quarry.model.Routines.HEAP_THREAD;
import static io.quarry.model.Routines.HELD;
import static io.quarry.model.Routines.IS_ABANDONED;
import static io.quarry.model.Routines.IS_CURRENT;
import static io.quarry.model.Routines.IS_FULL;
import static io.quarry.model.Routines.IS_LISTED;
import static io.quarry.model.Routines.IS_REGISTERED;
import static io.quarry.model.Routines.LIVE;
import static io.quarry.model.Routines.QUEUED;
import static io.quarry.model.Routines.REMOTE_0;
import static io.quarry.model.Routines.RETIRED;
import static io.quarry.model.Routines.RETURNED;
import static io.quarry.model.Routines.STATE;
import static io.quarry.model.Routines.TOKEN;
import static io.quarry.model.Routines.VARIABLES;
import static io.quarry.model.Routines.require;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** One slab, which belongs to the heap of thread A, and what threads do to it. */
final class SlabScenario extends Scenario {

  /** What a thread does, one thing after the other. */
  final class Script {
    private final List<Consumer<Program>> acts = new ArrayList<>();

    private Script act(final Consumer<Program> act) {
      acts.add(act);
      return this;
    }

    /** Calls a routine of {@link SlabProtocol}. */
    Script call(final String routine) {
      return act(p -> p.call(routine));
    }

    /** Frees a block. */
    Script free(final int block) {
      act(p -> p.step("free block " + block, c -> c.set(Cpu.BLOCK, block)));
      return call("free");
    }

    /** Frees a block that was freed before: to be refused. */
    Script freeAgain(final int block) {
      free(block);
      return act(
          p -> p.step("refused?", c -> require(c.get(Cpu.RESULT) == 0, "a second free was taken")));
    }

    /** Allocates, and frees what was allocated. */
    Script mallocAndFree() {
      call("malloc");
      return act(
          p ->
              p.when(
                  c -> c.get(Cpu.RESULT) == 1,
                  () -> {
                    p.step("free it", c -> c.set(Cpu.BLOCK, c.get(Cpu.MINE)));
                    p.call("free");
                  }));
    }

    /** Says that what it did before has returned. */
    Script sayReturned() {
      return act(p -> p.step("returned", c -> c.storeVolatile(RETURNED, 1)));
    }

    Script awaitReturned() {
      return act(p -> p.step("await return", c -> c.own(RETURNED) == 1, c -> {}));
    }
  }

  private final int words;
  private final int bits;
  private final List<Script> scripts = new ArrayList<>();
  private int live;
  private boolean held;
  private boolean bothMayBeTaken;
  private boolean mayEscape;

  /** A slab that is current, with so many blocks, all of them in use. */
  SlabScenario(final String name, final int words, final int bits) {
    super(name);
    this.words = words;
    this.bits = bits;
    live = (1 << words * bits) - 1;
  }

  /** Of the blocks only those of these bits are in use. */
  SlabScenario live(final int blocks) {
    live = blocks;
    return this;
  }

  /** The slab is held: listed if it has a free block, otherwise marked as full. */
  SlabScenario held() {
    held = true;
    return this;
  }

  /** Two threads free one block at the same instant: both may be taken, and are counted then. */
  SlabScenario bothMayBeTaken() {
    bothMayBeTaken = true;
    return this;
  }

  /**
   * The one case in which an empty slab is not found at once: the owner's fast free, which has no
   * fence, while the token is being set. The slab is in the queue then, and the agent looks there.
   */
  SlabScenario mayEscape() {
    mayEscape = true;
    return this;
  }

  /** One more thread: A, the owner, first. */
  SlabScenario thread(final Consumer<Script> writer) {
    final Script script = new Script();
    writer.accept(script);
    scripts.add(script);
    return this;
  }

  private int all() {
    return (1 << bits) - 1;
  }

  @Override
  int variables() {
    return VARIABLES;
  }

  @Override
  void write(final Program program, final Mutation mutation, final List<Integer> entries) {
    SlabProtocol.write(program, mutation, words, bits, bothMayBeTaken);
    for (int i = 0; i < scripts.size(); i++) {
      entries.add(program.thread("thread " + (char) ('A' + i)));
      scripts.get(i).acts.forEach(act -> act.accept(program));
    }
  }

  @Override
  void begin(final byte[] state) {
    final boolean isFull = live == (1 << words * bits) - 1;
    state[STATE] = (byte) (held ? HELD : CURRENT);
    state[IS_CURRENT] = (byte) (held ? 0 : 1);
    state[IS_LISTED] = (byte) (held && !isFull ? 1 : 0);
    state[IS_FULL] = (byte) (held && isFull ? 1 : 0);
    state[HEAP_THREAD] = 1;
    state[IS_REGISTERED] = 1;
    state[LIVE] = (byte) live;
    for (int i = 0; i < words; i++) {
      state[FREE_0 + i] = (byte) (~live >> i * bits & all());
    }
  }

  @Override
  Consumer<Cpu> atTheEnd() {
    return this::look;
  }

  private void look(final Cpu c) {
    final int state = c.own(STATE);
    if (c.own(CLOSED) == 1) {
      require(c.own(GIVEN) == 1, "granules were not given back at the end");
      return;
    }
    require(c.own(GIVEN) == (state == RETIRED ? 1 : 0), "granules are not where they belong");
    if (state == RETIRED) {
      return;
    }
    boolean isEmpty = true;
    int inBoth = 0;
    for (int i = 0; i < words; i++) {
      final int free = c.own(FREE_0 + i);
      final int remote = c.own(REMOTE_0 + i);
      inBoth += Integer.bitCount(free & remote); // the next drain counts them
      require((free | remote) == (~c.own(LIVE) >> i * bits & all()), "a block was lost");
      isEmpty &= (free | remote) == all();
    }
    require(c.own(FREED_TWICE) == c.own(COUNTED_TWICE) + inBoth, "a second free is not counted");
    require(c.own(TOKEN) == c.own(QUEUED), "the token is set, and the slab not queued");
    if (state == CURRENT) {
      require(c.own(IS_CURRENT) == 1, "a current slab that no heap has");
      require(c.own(IS_ABANDONED) == 0, "a current slab that nobody allocates from");
      return;
    }
    require(state == HELD, "a slab that somebody has claimed and left");
    require(
        !isEmpty || mayEscape && c.own(QUEUED) == 1,
        mayEscape ? "an empty slab that nobody finds" : "an empty slab that was not found at once");
    require(
        c.own(LIVE) == (1 << words * bits) - 1 || c.own(IS_LISTED) == 1 || c.own(QUEUED) == 1,
        "free blocks that the owner never finds");
  }
}
