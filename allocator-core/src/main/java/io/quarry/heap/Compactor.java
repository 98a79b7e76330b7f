package io.quarry.heap;

import io.quarry.region.GranuleSupply;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Empties slabs that are used by little, by moving their blocks into others, and so makes whole
 * slabs free.
 */
public final class Compactor {
  /*
   * A slab that is to be emptied is claimed: its owner issues nothing of it any more, and whatever is
   * freed in it stays free. It is retired when all its blocks are free, by the claimant, that is
   * here; until then its memory stays, so it may be read whatever becomes of its blocks. So of each
   * block that is live when it is looked at, there is a copy to be made, and one of three things is
   * true when the callback is asked:
   *
   *   the block is still the program's and at its old address: the callback swings the program's
   *     reference from the old address to the new one, and says true;
   *   the program has freed it meanwhile: nothing refers to the old address, the callback says false.
   *     Nothing else can be at the old address, for nothing is issued there: if a reference to it is
   *     found, it is the block's. No ABA;
   *   the program has it in hand, and the callback does not know it, or will not have it moved:
   *     false. The block stays, and with it the slab.
   *
   * The old block is freed only after awaitReaders() has returned, once for all blocks of a batch:
   * whoever read the old address before the swing may read the block until then. A free of it that
   * comes from the program after the callback said true is a double free, and found: either its bit
   * is set already, or it will be when this class sets it.
   *
   * What the program writes into a block while it is copied is lost if the callback says true
   * nevertheless; that is for the callback to know, and Relocator says so.
   *
   * The destination is a block like any other, issued by the heap of CompactedBlocks, and unknown to
   * the program until the callback is called with it. If it is refused, it serves for the next block.
   *
   * No lock but `running` is held while blocks are copied or a callback runs, and `running` is only
   * waited for by another compaction and by close(). A callback may therefore allocate and free, but
   * not compact or close: that would wait for itself, and is refused.
   */

  /** Of slabs from which not all blocks could be moved. */
  private static final long LEAVE_ALONE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** After so many bytes the readers are awaited, and the emptied slabs become free. */
  private static final long BATCH_BYTES = 2 << 20;

  private static final int BATCH_SLABS = 128;

  /** How often to look at the clock. */
  private static final long BYTES_BETWEEN_LOOKS = 32 << 10;

  private static final int DESTINATIONS_AT_ONCE = 32;
  private static final int STOCK_BYTES = 64 << 10;

  private final Heaps heaps;
  private final SlabSource source;
  private final CompactedBlocks compacted;

  /** Fair, so that many small slices by hand leave room for those in the background. */
  private final ReentrantLock running = new ReentrantLock(true);

  /** Emptied, but for their readers, whom awaitReaders() failed to await. */
  private final ArrayList<Victim> unfinished = new ArrayList<>();

  private final long[] destinations = new long[DESTINATIONS_AT_ONCE];
  private int nextDestination;
  private int destinationCount;
  private int destinationClass;

  Compactor(final Heaps heaps, final SlabSource source, final CompactedBlocks compacted) {
    this.heaps = heaps;
    this.source = source;
    this.compacted = compacted;
  }

  /** A slab that is claimed, and which of its blocks are elsewhere now. */
  private static final class Victim {
    final Slab slab;
    final long[] moved;
    boolean refused;

    Victim(final Slab slab) {
      this.slab = slab;
      moved = new long[slab.words()];
    }
  }

  /**
   * Looks which slabs to empty.
   *
   * @param target the share of the bytes of slabs that should be live, 0 to 1
   */
  public CompactionPlan plan(final double target) {
    enter("compact");
    try {
      heaps.settleForCompaction();
      return CompactionPlan.make(source, compacted.issued(), target, source.now());
    } finally {
      running.unlock();
    }
  }

  /**
   * Carries out as much of a plan as the budget allows. Never throws what a callback has thrown.
   */
  public void carryOut(
      final CompactionPlan plan, final BlockMover mover, final Compaction compaction) {
    enter("compact");
    try {
      boolean moving = true;
      while (moving && !plan.isDone() && !compaction.isSpent() && !heaps.isClosed()) {
        moving = moveBatch(plan, mover, compaction);
      }
    } finally {
      try {
        if (!heaps.isClosed()) {
          compacted.settle();
        }
      } finally {
        running.unlock();
      }
    }
  }

  /**
   * Returns granules to the kernel, if more are idle than may be.
   *
   * @param mostBytes so many may be
   * @param idleSinceNanos only those that were idle since then, or longer
   */
  public void returnIdle(final long mostBytes, final long idleSinceNanos) {
    final GranuleSupply granules = source.granules();
    final long idleBytes;
    granules.lock().lock();
    try {
      idleBytes = granules.idleBytes();
    } finally {
      granules.lock().unlock();
    }
    if (idleBytes > mostBytes) {
      granules.returnIdle(idleSinceNanos);
    }
  }

  private void enter(final String call) {
    if (running.isHeldByCurrentThread()) {
      throw insideCallback(call);
    }
    running.lock();
  }

  private static IllegalStateException insideCallback(final String call) {
    return new IllegalStateException(
        call + " was called from within a callback of a running compaction: let it return first");
  }

  /**
   * Waits until no compaction is running, and keeps any from starting. Call it after the heaps were
   * closed: then a running one ends after the block it is at.
   */
  public void close() {
    enter("close");
    running.unlock();
  }

  /**
   * To be called before the heaps are closed.
   *
   * @throws IllegalStateException if the calling thread is inside a callback of a compaction
   */
  public void checkMayClose() {
    if (running.isHeldByCurrentThread()) {
      throw insideCallback("close");
    }
  }

  // --- one batch ---------------------------------------------------------------------------------

  /** Returns whether it makes sense to go on. */
  private boolean moveBatch(
      final CompactionPlan plan, final BlockMover mover, final Compaction compaction) {
    final long movedBefore = compaction.bytesMoved();
    final List<Victim> batch = new ArrayList<>(BATCH_SLABS);
    unfinished.ensureCapacity(unfinished.size() + BATCH_SLABS); // all memory before the first claim
    boolean goOn = true;
    try {
      while (goOn
          && !compaction.isSpent()
          && batch.size() < BATCH_SLABS
          && compaction.bytesMoved() - movedBefore < BATCH_BYTES) {
        final Slab slab = plan.next();
        if (slab == null) {
          break;
        }
        final Victim victim = new Victim(slab);
        if (slab.claim()) {
          batch.add(victim); // cannot fail: there is room for it
          goOn = !plan.isWorthwhile(slab) || evacuate(victim, mover, compaction);
          if (!goOn && compaction.failure() == null && !victim.refused) {
            plan.putBack(slab);
          }
        }
      }
    } finally {
      returnDestinations();
      finish(batch, mover, compaction);
    }
    final boolean moved = compaction.bytesMoved() > movedBefore;
    if (compaction.isOutOfRoom() && !moved) {
      return false; // not even one block can be moved
    }
    return goOn || moved;
  }

  /** Moves the blocks of a slab elsewhere; false if it had to stop before all were tried. */
  private boolean evacuate(
      final Victim victim, final BlockMover mover, final Compaction compaction) {
    final Slab slab = victim.slab;
    final long bytes = slab.blockBytes();
    long unlooked = 0;
    for (int i = 0; i < slab.words(); i++) {
      for (long left = slab.liveBits(i); left != 0; left &= left - 1) {
        final long to = destination(slab.sizeClass());
        if (to == 0) {
          compaction.ranOutOfRoom();
          return false;
        }
        final long from = slab.addressOf((i << 6) + Long.numberOfTrailingZeros(left));
        if (move(mover, from, to, bytes, compaction)) {
          victim.moved[i] |= left & -left;
          nextDestination++;
          compaction.moved(bytes);
        } else {
          victim.refused = true;
          compaction.refused();
        }
        unlooked += bytes;
        if (unlooked >= BYTES_BETWEEN_LOOKS || compaction.failure() != null) {
          if (compaction.isSpent() || heaps.isClosed()) {
            return false;
          }
          unlooked = 0;
        }
      }
    }
    return true;
  }

  private static boolean move(
      final BlockMover mover,
      final long from,
      final long to,
      final long bytes,
      final Compaction compaction) {
    try {
      mover.copy(from, to, bytes);
      return mover.move(from, to, bytes);
    } catch (final RuntimeException | Error thrown) {
      compaction.failed(thrown);
      return false;
    }
  }

  /** A block to move one to; the same until it is used. 0 if there is no room. */
  private long destination(final int sizeClass) {
    if (destinationClass != sizeClass) {
      returnDestinations();
    }
    if (nextDestination == destinationCount) {
      destinationClass = sizeClass;
      destinationCount = compacted.allocate(sizeClass, destinations, stockOf(sizeClass));
      nextDestination = 0;
    }
    return nextDestination == destinationCount ? 0 : destinations[nextDestination];
  }

  /** Of large blocks few: what is not needed has been carved for nothing. */
  private static int stockOf(final int sizeClass) {
    return Math.max(1, Math.min(DESTINATIONS_AT_ONCE, STOCK_BYTES / SizeClasses.bytes(sizeClass)));
  }

  private void returnDestinations() {
    while (nextDestination < destinationCount) {
      compacted.takeBack(destinations[nextDestination++]);
    }
  }

  // --- the end of a batch ------------------------------------------------------------------------

  private void finish(
      final List<Victim> batch, final BlockMover mover, final Compaction compaction) {
    if (heaps.isClosed()) {
      return; // whoever closes waits for us, and then unmaps all of it
    }
    final boolean readersAreGone = areReadersGone(batch, mover, compaction);
    if (readersAreGone) {
      unfinished.forEach(victim -> letGo(victim, compaction));
      unfinished.clear();
    }
    for (final Victim victim : batch) {
      if (readersAreGone || hasMovedNothing(victim)) {
        letGo(victim, compaction);
      } else {
        unfinished.add(victim);
      }
    }
  }

  private boolean areReadersGone(
      final List<Victim> batch, final BlockMover mover, final Compaction compaction) {
    if (unfinished.isEmpty() && batch.stream().allMatch(Compactor::hasMovedNothing)) {
      return true;
    }
    try {
      mover.awaitReaders();
      compaction.batchDone();
      return true;
    } catch (final RuntimeException | Error thrown) {
      compaction.failed(thrown);
      return false;
    }
  }

  private static boolean hasMovedNothing(final Victim victim) {
    for (final long word : victim.moved) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  /** Frees what was moved, and either retires the slab or gives it back to its owner. */
  private void letGo(final Victim victim, final Compaction compaction) {
    final Slab slab = victim.slab;
    int freedByOthers = 0;
    for (int i = 0; i < victim.moved.length; i++) {
      if (victim.moved[i] != 0) {
        freedByOthers += slab.freeMoved(i, victim.moved[i]);
      }
    }
    if (freedByOthers > 0) {
      heaps.misuses().freedAfterMove(slab, freedByOthers);
    }
    if (slab.isEmpty()) {
      final long bytes = slab.run().bytes();
      source.retire(slab, source.now());
      compaction.freed(bytes);
      return;
    }
    if (victim.refused) {
      slab.leaveAloneUntil(source.now() + LEAVE_ALONE_NANOS);
    }
    source.letGo(slab);
  }
}
