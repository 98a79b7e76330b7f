package io.quarry.model;

import java.util.List;

/** Every edge of the protocol, with as few threads and blocks as it takes. */
final class Scenarios {
  private static final int NONE_LIVE = 0;
  private static final int FIRST = 1;
  private static final int FIRST_TWO = 3;

  private Scenarios() {}

  /** Those that take seconds, the smallest first: they are tried with every mistake as well. */
  static List<Scenario> small() {
    return List.of(
        new SlabScenario("remote free against drain", 1, 2)
            .thread(a -> a.call("malloc"))
            .thread(b -> b.free(0)),
        new SlabScenario("remote free against fast local free", 1, 2)
            .thread(a -> a.free(0).call("settle"))
            .thread(b -> b.free(1)),
        new SlabScenario("the last block of a listed slab", 2, 1)
            .held()
            .live(FIRST)
            .thread(a -> a.free(0)),
        new SlabScenario("local free of a listed slab against claim", 2, 1)
            .held()
            .live(FIRST)
            .thread(a -> a.free(0))
            .thread(b -> b.call("claimAndDiscard")),
        new SlabScenario("remote free against giving up", 1, 1)
            .thread(a -> a.call("malloc"))
            .thread(b -> b.free(0)),
        new SlabScenario("retire against allocation", 1, 1)
            .held()
            .live(FIRST)
            .thread(a -> a.call("drainQueue").mallocAndFree())
            .thread(b -> b.free(0)),
        new SlabScenario("retire against allocation and putting away", 1, 2)
            .held()
            .live(FIRST)
            .thread(a -> a.call("malloc").call("settle"))
            .thread(b -> b.free(0)),
        fastFreeOfAListedSlab().mayEscape(),
        new SlabScenario("two remote frees of one block at once, and a drain", 1, 2)
            .bothMayBeTaken()
            .thread(a -> a.call("drainQueue"))
            .thread(b -> b.free(0))
            .thread(c -> c.free(0)),
        new SlabScenario("remote free, then a remote one of the same block", 1, 2)
            .thread(a -> a.call("drainQueue"))
            .thread(b -> b.free(0).sayReturned())
            .thread(c -> c.awaitReturned().freeAgain(0)),
        new SlabScenario("remote free, then a local one of the same block", 1, 2)
            .thread(a -> a.call("drainQueue").awaitReturned().freeAgain(0))
            .thread(b -> b.free(0).sayReturned()),
        new SlabScenario("a local and a remote free of one block at once", 1, 2)
            .bothMayBeTaken()
            .thread(a -> a.free(0).awaitReturned().call("drainQueue"))
            .thread(b -> b.free(0).sayReturned()),
        new SlabScenario("adoption", 1, 2)
            .live(FIRST)
            .thread(a -> a.call("die"))
            .thread(b -> b.call("abandonDead"))
            .thread(c -> c.free(0))
            .thread(d -> d.call("adopt").mallocAndFree()),
        new SlabScenario("an emptied slab of a dead thread", 1, 1)
            .live(NONE_LIVE)
            .thread(a -> a.mallocAndFree().call("die"))
            .thread(b -> b.call("abandonDead")),
        new SlabScenario("close against claim and drain", 1, 2)
            .held()
            .live(FIRST)
            .thread(a -> a.call("malloc"))
            .thread(b -> b.call("claimAndDiscard"))
            .thread(c -> c.call("close")),
        new SlabScenario("close against the last free and the agent", 1, 1)
            .held()
            .thread(a -> a.call("drainQueue"))
            .thread(b -> b.free(0).call("examine"))
            .thread(c -> c.call("close")),
        new SlabScenario("close against close", 1, 1)
            .live(NONE_LIVE)
            .thread(a -> a.call("malloc").call("settle"))
            .thread(b -> b.call("close"))
            .thread(c -> c.call("close")),
        new SlabScenario("close against adoption", 1, 1)
            .live(NONE_LIVE)
            .thread(a -> a.call("die"))
            .thread(b -> b.call("abandonDead").call("adopt").call("malloc"))
            .thread(c -> c.call("close")),
        new DirectoryScenario("publication in a new leaf", false),
        new DirectoryScenario("publication over a tombstone that is being forgotten", true),
        new SlabScenario("remote free against local free, two words", 2, 1)
            .held()
            .thread(a -> a.free(0))
            .thread(b -> b.free(1))
            .thread(c -> c.call("examine")),
        new SlabScenario("remote free against local free, one word", 1, 2)
            .held()
            .thread(a -> a.free(0))
            .thread(b -> b.free(1))
            .thread(c -> c.call("examine")),
        new SlabScenario("remote free against claim", 2, 1)
            .held()
            .thread(a -> a.call("malloc"))
            .thread(b -> b.free(0))
            .thread(c -> c.call("claimAndDiscard")),
        new SlabScenario("close against allocation and free", 1, 2)
            .live(FIRST)
            .thread(a -> a.mallocAndFree().call("settle"))
            .thread(b -> b.free(0))
            .thread(c -> c.call("close")),
        new SlabScenario("claim against allocation", 1, 2)
            .held()
            .live(FIRST)
            .thread(a -> a.mallocAndFree())
            .thread(b -> b.call("claimAndDiscard"))
            .thread(c -> c.free(0)));
  }

  /** The owner's fast free and a remote one, each of the last block as the other sees it. */
  static SlabScenario fastFreeOfAListedSlab() {
    return new SlabScenario("remote free against fast free of a listed slab", 1, 3)
        .held()
        .live(FIRST_TWO)
        .thread(a -> a.free(0))
        .thread(b -> b.free(1));
  }

  /** Those that take minutes: more blocks, more threads, longer scripts. */
  static List<Scenario> large() {
    return List.of(
        new SlabScenario("two remote frees against drain", 1, 2)
            .thread(a -> a.call("malloc").call("malloc"))
            .thread(b -> b.free(0))
            .thread(c -> c.free(1)),
        new SlabScenario("three remote frees, allocation and the agent", 2, 2)
            .live(7)
            .thread(a -> a.call("malloc").call("malloc"))
            .thread(b -> b.free(0))
            .thread(c -> c.free(1))
            .thread(d -> d.free(2)),
        new SlabScenario("local and remote frees, claim", 2, 1)
            .held()
            .thread(a -> a.free(0).mallocAndFree())
            .thread(b -> b.free(1))
            .thread(c -> c.call("claimAndDiscard")),
        new SlabScenario("adoption, frees and claim", 2, 1)
            .thread(a -> a.call("malloc").call("die"))
            .thread(b -> b.call("abandonDead").call("claimAndDiscard"))
            .thread(c -> c.free(0))
            .thread(d -> d.call("adopt").mallocAndFree()),
        new SlabScenario("close against all of it", 1, 2)
            .live(FIRST_TWO)
            .thread(a -> a.call("malloc").call("settle"))
            .thread(b -> b.free(0))
            .thread(c -> c.call("close"))
            .thread(d -> d.call("claimAndDiscard")));
  }
}
