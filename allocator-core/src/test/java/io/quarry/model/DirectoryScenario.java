package io.quarry.model;

import static io.quarry.model.Cpu.SEEN;
import static io.quarry.model.Routines.require;

import java.util.List;
import java.util.function.Consumer;

/**
 * {@code SlabDirectory}: an allocator makes the leaf, completes a slab and publishes it, at its
 * granule and as a guess, while another forgets the tombstone that its own region left there, and
 * readers look up both ways. Whoever finds the slab finds it complete, and it stays.
 */
final class DirectoryScenario extends Scenario {
  private static final int ROOT = 0;
  private static final int LEAF_FILLED = 1;
  private static final int GRANULE = 2;
  private static final int GUESS = 3;
  private static final int BASE = 4;
  private static final int RUN = 5;
  private static final int VARIABLES = 6;

  // What is in a granule, or a guess.
  private static final int TOMBSTONE = 1;
  private static final int SLAB = 2;

  private final boolean hasLeaf;

  /**
   * @param hasLeaf whether the leaf is there, with a tombstone in it; or has to be made
   */
  DirectoryScenario(final String name, final boolean hasLeaf) {
    super(name);
    this.hasLeaf = hasLeaf;
  }

  @Override
  int variables() {
    return VARIABLES;
  }

  @Override
  void begin(final byte[] state) {
    state[ROOT] = (byte) (hasLeaf ? 1 : 0);
    state[LEAF_FILLED] = (byte) (hasLeaf ? 1 : 0);
    state[GRANULE] = (byte) (hasLeaf ? TOMBSTONE : 0);
    state[GUESS] = (byte) (hasLeaf ? TOMBSTONE : 0);
  }

  @Override
  void write(final Program p, final Mutation mutation, final List<Integer> entries) {
    p.routine("slabAt");
    p.step("leaf", c -> c.set(SEEN, c.load(ROOT)));
    p.when(c -> c.get(SEEN) == 0, p::done);
    p.step("is filled", c -> require(c.load(LEAF_FILLED) == 1, "a leaf without entries was seen"));
    p.step("granule", c -> c.set(SEEN, c.load(GRANULE)));

    p.routine("use");
    p.when(
        c -> c.get(SEEN) == SLAB,
        () -> {
          p.step("base", c -> require(c.load(BASE) == 1, "a slab without an address was seen"));
          p.step("run", c -> require(c.load(RUN) == 1, "a slab without granules was seen"));
        });

    entries.add(p.thread("thread A"));
    if (!hasLeaf) {
      p.step("fill leaf", c -> c.store(LEAF_FILLED, 1));
      p.step("publish leaf", c -> publish(c, ROOT, 1, mutation));
    }
    p.step("run", c -> c.store(RUN, 1));
    p.step("base", c -> c.store(BASE, 1));
    p.step("publish slab", c -> publish(c, GRANULE, SLAB, mutation));
    p.step("publish guess", c -> publish(c, GUESS, SLAB, mutation));

    entries.add(p.thread("thread B"));
    p.call("slabAt");
    p.call("use");
    p.when(c -> c.get(SEEN) != 0, () -> p.step("guess", c -> c.storeRelease(GUESS, c.get(SEEN))));

    entries.add(p.thread("thread C"));
    p.step("guess", c -> c.set(SEEN, c.load(GUESS)));
    p.call("use");
    p.call("slabAt");
    p.call("use");

    if (hasLeaf) {
      entries.add(p.thread("thread D"));
      p.step("granule", c -> c.set(SEEN, c.load(GRANULE)));
      p.when(
          c -> c.get(SEEN) == TOMBSTONE,
          () -> {
            p.step("forget", c -> forget(c, GRANULE, mutation));
            p.step("forget guess", c -> forget(c, GUESS, mutation));
          });
    }
  }

  private static void publish(
      final Cpu c, final int variable, final int value, final Mutation mutation) {
    if (mutation == Mutation.PUBLISHES_PLAINLY) {
      c.store(variable, value);
    } else {
      c.storeRelease(variable, value);
    }
  }

  private static void forget(final Cpu c, final int variable, final Mutation mutation) {
    if (mutation == Mutation.FORGETS_PLAINLY) {
      c.storeVolatile(variable, 0);
    } else {
      c.compareAndSet(variable, TOMBSTONE, 0);
    }
  }

  @Override
  Consumer<Cpu> atTheEnd() {
    return c -> require(c.own(GRANULE) == SLAB, "one allocator forgot the slab of another");
  }
}
