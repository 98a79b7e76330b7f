package io.quarry.slab;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.quarry.posix.MadeUpMemory;
import io.quarry.region.IdlePolicy;
import io.quarry.region.Region;
import io.quarry.region.RegionSettings;
import io.quarry.region.Regions;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Publication of slabs to threads that ask for addresses they made up. */
public final class DirectoryStress {
  private static final long MIB = 1L << 20;
  private static final RegionSettings SETTINGS =
      new RegionSettings(2 * MIB, 2 * MIB, IdlePolicy.UNMAP);

  private DirectoryStress() {}

  private static final class Owner extends SlabOwner {
    Owner() {
      super(Owner.class);
    }
  }

  private static final class Upkeep implements Regions.Listener {
    @Override
    public void regionReserved(final long base, final long bytes) {
      SlabDirectory.prepare(base, bytes);
    }

    @Override
    public void regionDropped(final Region region) {}
  }

  /** A slab that has granules, and the place where it is to be published. */
  abstract static class PlacedSlab {
    final Owner owner = new Owner();
    final Slab slab = placed(owner);
    final long address;

    PlacedSlab() {
      address = slab.run().address();
      final Slab former = SlabDirectory.slabAt(address);
      if (former != Slab.NOBODY) {
        SlabDirectory.clear(former.run().region());
      }
    }

    static Slab placed(final SlabOwner owner) {
      return placed(owner, new MadeUpMemory());
    }

    static Slab placed(final SlabOwner owner, final MadeUpMemory memory) {
      final Regions regions = new Regions(memory, () -> 0, SETTINGS, new Upkeep());
      final Slab made = new Slab(owner, 7, 128, 512);
      regions.lock().lock();
      try {
        if (regions.take(made.run(), 1, 1) != null) {
          throw new AssertionError("no granule");
        }
      } finally {
        regions.lock().unlock();
      }
      // The count of this process's mappings is shared: it must not be used up by tests.
      regions.close();
      return made;
    }
  }

  /** A reader finds nobody, or a slab that is complete. */
  @JCStressTest
  @Outcome(id = "nobody", expect = ACCEPTABLE, desc = "too early")
  @Outcome(id = "complete", expect = ACCEPTABLE, desc = "published")
  @Outcome(expect = FORBIDDEN, desc = "half made")
  @State
  public static class Publication extends PlacedSlab {
    @Actor
    public void publish() {
      slab.place();
      SlabDirectory.put(slab);
    }

    @Actor
    public void ask(final L_Result r) {
      final Slab seen = SlabDirectory.slabAt(address + 128);
      if (seen == Slab.NOBODY) {
        r.r1 = "nobody";
      } else {
        r.r1 =
            seen.owner() == owner
                    && seen.base() == address
                    && seen.isBlockStart(address + 128)
                    && seen.indexOf(address + 128) == 1
                    && seen.isFree(1)
                ? "complete"
                : "half made";
      }
    }
  }

  /**
   * One allocator forgets a range that it has unmapped, while another publishes a slab there: the
   * slab stays.
   */
  @JCStressTest
  @Outcome(id = "stays", expect = ACCEPTABLE, desc = "whichever came first")
  @Outcome(expect = FORBIDDEN, desc = "one allocator forgot the slab of another")
  @State
  public static class ForgetAndPublish extends PlacedSlab {
    private final Slab tombstone = placed(new Owner(), new MadeUpMemory(address));

    {
      tombstone.place();
      SlabDirectory.put(tombstone);
    }

    @Actor
    public void publish() {
      slab.place();
      SlabDirectory.put(slab);
    }

    @Actor
    public void forget() {
      SlabDirectory.clear(tombstone.run().region());
    }

    @Arbiter
    public void look(final L_Result r) {
      r.r1 = SlabDirectory.slabAt(address) == slab ? "stays" : "forgotten";
    }
  }

  /** The guess, which is published after the slab: whoever finds it finds it complete. */
  @JCStressTest
  @Outcome(id = "nobody", expect = ACCEPTABLE, desc = "too early, or displaced by another's")
  @Outcome(id = "complete", expect = ACCEPTABLE, desc = "published")
  @Outcome(expect = FORBIDDEN, desc = "half made, or not in the directory though it is the guess")
  @State
  public static class Guess extends PlacedSlab {
    @Actor
    public void publish() {
      slab.place();
      SlabDirectory.put(slab);
    }

    @Actor
    public void ask(final L_Result r) {
      final Slab seen = SlabDirectory.guessAt(address + 128);
      if (seen != slab) {
        r.r1 = "nobody";
      } else {
        r.r1 =
            SlabDirectory.slabAt(address) == slab
                    && seen.base() == address
                    && seen.isBlockStart(address + 128)
                    && seen.isFree(1)
                ? "complete"
                : "half made";
      }
    }
  }

  /**
   * A reader makes what it has looked up the guess, while the slab is forgotten and another is
   * published in its place. The guess may be out of date in the end; then it is of a tombstone, or
   * of nobody, and never stands for the new slab's blocks.
   */
  @JCStressTest
  @Outcome(id = "new", expect = ACCEPTABLE, desc = "the guess is right")
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "out of date, and refuses every free")
  @Outcome(id = "nobody", expect = ACCEPTABLE, desc = "out of date, and of nobody")
  @Outcome(id = "elsewhere", expect = ACCEPTABLE, desc = "of a slab far away: refuses it as well")
  @Outcome(expect = FORBIDDEN, desc = "a guess that takes a free of the new slab's block")
  @State
  public static class StaleGuess extends PlacedSlab {
    private final Slab tombstone = placed(new Owner(), new MadeUpMemory(address));

    {
      tombstone.place();
      SlabDirectory.put(tombstone);
      tombstone.claim();
      tombstone.retire();
    }

    @Actor
    public void forgetAndPublish() {
      SlabDirectory.clear(tombstone.run().region());
      slab.place();
      SlabDirectory.put(slab);
    }

    @Actor
    public void lookUp() {
      SlabDirectory.guess(address, SlabDirectory.slabAt(address));
    }

    @Arbiter
    public void look(final L_Result r) {
      final Slab guess = SlabDirectory.guessAt(address);
      if (SlabDirectory.slabAt(address) != slab) {
        r.r1 = "forgotten";
      } else if (guess == slab) {
        r.r1 = "new";
      } else if (guess == tombstone) {
        r.r1 = guess.freeFast(address) || guess.freeRemote(0) ? "taken" : "old";
      } else {
        // Each run has an address of its own, and all that are 4 GiB apart share a place.
        r.r1 =
            guess == Slab.NOBODY
                ? "nobody"
                : guess.indexOfStart(address) >= 0 || guess.freeFast(address) ? "taken" : "elsewhere";
      }
    }
  }
}
