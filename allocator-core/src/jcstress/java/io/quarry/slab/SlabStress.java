package io.quarry.slab;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The bitmaps, the token and the state of one slab, without a heap around it. */
public final class SlabStress {
  private static final int BLOCKS = 4;

  private SlabStress() {}

  private static final class Owner extends SlabOwner {
    Owner() {
      super(Owner.class);
    }
  }

  /** A slab at address 0 with all blocks issued and current; the owner's fast free may be used. */
  abstract static class FullSlab {
    final Owner owner = new Owner();
    final Slab slab = new Slab(owner, 7, 128, BLOCKS);

    FullSlab() {
      slab.makeCurrent(owner);
      slab.reload();
      for (int i = 0; i < BLOCKS; i++) {
        slab.take();
      }
    }

    static int bit(final boolean set) {
      return set ? 1 : 0;
    }

    final boolean freeFastOrSlow(final int index) {
      return slab.freeFast(index * 128L) || slab.freeLocal(index);
    }
  }

  /**
   * A remote free while the owner drains. r1: whether the free has to queue the slab; r2: whether
   * the bit is in free[] after the drain; r3: whether the block counts as free in the end.
   */
  @JCStressTest
  @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "after the drain: queued, for the next one")
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "drained; queued once more than needed")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "found the token set, and is drained")
  @Outcome(expect = FORBIDDEN, desc = "a free that nobody will ever hear of")
  @State
  public static class RemoteFreeAndDrain extends FullSlab {
    {
      slab.winToken();
    }

    @Actor
    public void remote(final III_Result r) {
      slab.freeRemote(0);
      r.r1 = bit(slab.winToken());
    }

    @Actor
    public void owner(final III_Result r) {
      slab.drain();
    }

    @Arbiter
    public void look(final III_Result r) {
      slab.makeHeld();
      r.r2 = bit(slab.reload()); // reads free[] only
      r.r3 = bit(slab.isFree(0));
    }
  }

  /** While the owner moves a bit from remote[] to free[], everybody sees it all the time. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "free, and a second free is refused")
  @Outcome(
      id = "1, 1",
      expect = FORBIDDEN,
      desc = "the bit was in neither map for a moment: a second free was taken")
  @Outcome(expect = FORBIDDEN, desc = "a block that is free did not look so")
  @State
  public static class DrainIsSeamless extends FullSlab {
    {
      slab.freeRemote(0);
      slab.winToken();
    }

    @Actor
    public void owner() {
      slab.drain();
    }

    @Actor
    public void reader(final II_Result r) {
      r.r1 = bit(slab.isFree(0));
      r.r2 = bit(slab.freeRemote(0));
    }
  }

  /** Two remote frees of one block, nobody draining: one is refused. */
  @JCStressTest
  @Outcome(id = {"1, 0", "0, 1"}, expect = ACCEPTABLE, desc = "one was taken, one refused")
  @Outcome(expect = FORBIDDEN, desc = "both taken, or both refused")
  @State
  public static class TwoRemoteFrees extends FullSlab {
    @Actor
    public void first(final II_Result r) {
      r.r1 = bit(slab.freeRemote(0));
    }

    @Actor
    public void second(final II_Result r) {
      r.r2 = bit(slab.freeRemote(0));
    }
  }

  /**
   * A local and a remote free of one block at the same instant. Best effort: both may be taken, and
   * then the drain counts it (r3), unless the owner issued the block again before.
   */
  @JCStressTest
  @Outcome(id = {"1, 0, 0", "0, 1, 0"}, expect = ACCEPTABLE, desc = "one was refused")
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE_INTERESTING, desc = "both taken, and counted")
  @Outcome(expect = FORBIDDEN, desc = "both refused, or both taken and not counted")
  @State
  public static class LocalAndRemoteFreeOfOneBlock extends FullSlab {
    @Actor
    public void owner(final III_Result r) {
      r.r1 = bit(freeFastOrSlow(0));
    }

    @Actor
    public void remote(final III_Result r) {
      r.r2 = bit(slab.freeRemote(0));
      slab.winToken();
    }

    @Arbiter
    public void drain(final III_Result r) {
      r.r3 = slab.drain();
    }
  }

  /**
   * The first free is remote and has returned, the second is local, and a drain lies in between or
   * not: never taken.
   */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the owner does not see it yet, frees another")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "seen, and the second free is refused")
  @Outcome(expect = FORBIDDEN, desc = "a second free after the first was taken")
  @State
  public static class RemoteThenLocal extends FullSlab {
    private volatile boolean returned;

    @Actor
    public void remote() {
      slab.freeRemote(0);
      slab.winToken();
      returned = true;
    }

    @Actor
    public void owner(final II_Result r) {
      if (returned) {
        r.r1 = 1;
        r.r2 = bit(freeFastOrSlow(0));
      }
    }
  }

  /** Two want to claim a slab; one gets it. */
  @JCStressTest
  @Outcome(id = {"1, 0", "0, 1"}, expect = ACCEPTABLE, desc = "one got it")
  @Outcome(expect = FORBIDDEN, desc = "two have it, or nobody")
  @State
  public static class Claimants extends FullSlab {
    {
      slab.makeHeld();
    }

    @Actor
    public void first(final II_Result r) {
      r.r1 = bit(slab.claim());
    }

    @Actor
    public void second(final II_Result r) {
      r.r2 = bit(slab.claim());
    }
  }

  /**
   * The owner takes an empty slab, issues a block of it and gives it up again; a claimant wants to
   * retire it. r1: whether the owner got a block; r2: whether the claimant finds it empty once it
   * has claimed it (2: it has not claimed it).
   */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "claimed first; the owner got nothing")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "claimed afterwards, and found in use")
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "not claimed: it was current")
  @Outcome(id = "1, 1", expect = FORBIDDEN, desc = "a slab with a live block would be retired")
  @Outcome(expect = FORBIDDEN, desc = "no such thing")
  @State
  public static class OwnerTakesWhileAnotherClaims extends FullSlab {
    {
      for (int i = 0; i < BLOCKS; i++) {
        slab.freeLocal(i);
      }
      slab.makeHeld();
    }

    @Actor
    public void owner(final II_Result r) {
      if (slab.makeCurrent(owner)) {
        slab.reload();
        slab.take();
        slab.makeHeld();
        r.r1 = 1;
      }
    }

    @Actor
    public void claimant(final II_Result r) {
      r.r2 = !slab.claim() ? 2 : slab.isEmpty() ? 1 : 0;
    }
  }

  /**
   * Two remote frees of one block at the same instant, and a drain: the owner may move the first
   * one's bit between the look and the OR of the second. Then both are taken, the bit is in both
   * maps, and the next drain (r3) counts it. Found by the model in io.quarry.model. As everywhere
   * here, two actors: a machine of two processors runs no test of three.
   */
  @JCStressTest
  @Outcome(id = {"1, 0, 0", "0, 1, 0"}, expect = ACCEPTABLE, desc = "one was refused")
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE_INTERESTING, desc = "both taken, and counted")
  @Outcome(expect = FORBIDDEN, desc = "both refused, or both taken and not counted")
  @State
  public static class TwoRemoteFreesAndDrain extends FullSlab {
    @Actor
    public void firstAndOwner(final III_Result r) {
      r.r1 = bit(slab.freeRemote(0));
      slab.drain(); // which thread does it makes no difference
    }

    @Actor
    public void second(final III_Result r) {
      r.r2 = bit(slab.freeRemote(0));
    }

    @Arbiter
    public void look(final III_Result r) {
      r.r3 = slab.drain();
    }
  }

  /**
   * A claimant looks twice which parts of a slab hold no live block, while the owner and another
   * thread free in it: a part that was empty stays so, for its pages are being given back.
   */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "0, 1", "0, 2", "0, 3", "1, 1", "1, 3", "2, 2", "2, 3", "3, 3"},
      expect = ACCEPTABLE,
      desc = "the second look finds what the first found, or more")
  @Outcome(expect = FORBIDDEN, desc = "a part that was empty is not any more")
  @State
  public static class EmptyPartsOnlyGrow extends FullSlab {
    {
      slab.freeLocal(1);
      slab.freeLocal(3);
      slab.makeHeld();
      slab.claim();
    }

    @Actor
    public void ownerAndRemote() {
      freeFastOrSlow(0);
      slab.freeRemote(2); // which thread does it makes no difference
      slab.drain();
    }

    @Actor
    public void claimant(final II_Result r) {
      r.r1 = emptyHalves();
      r.r2 = emptyHalves();
    }

    private int emptyHalves() {
      return bit(areFree(0, 1)) | bit(areFree(2, 3)) << 1;
    }

    /** What {@link Slab#emptyParts} asks of each part; this slab has no granules to divide. */
    private boolean areFree(final int first, final int last) {
      return (slab.liveBits(0) & (1L << first | 1L << last)) == 0;
    }
  }
}
