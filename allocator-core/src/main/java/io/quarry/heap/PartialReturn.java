package io.quarry.heap;

import io.quarry.region.GranuleSupply;
import io.quarry.slab.Rest;
import io.quarry.slab.Slab;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Gives back the pages of slabs in use that hold no live block. For the maintenance agent.
 *
 * <p>A part of a slab, a page or a 64th of the slab, is <em>due</em> when it held no live block in
 * two looks at least the idle time apart, and the slab has issued nothing in between. All slabs are
 * looked at in turn, a piece at a time. Of those with due parts that are resident, the ones that
 * promise most come first; neighbouring parts go in one call; less than {@value #LEAST_GAIN_BYTES}
 * bytes are not worth one. All of it keeps to a number of system calls a second.
 *
 * <p><b>Threads.</b> While its pages are given back, a slab is CLAIMED: nobody issues blocks of it
 * and frees go on, so a page without a live block stays one. Whether it has issued anything since
 * the look, and which parts are empty, is asked again once it is. Nobody waits for a claimed slab:
 * an owner who comes by takes the next one, and is told when it is let go. A claim lasts for
 * {@value #MOST_CALLS_PER_CLAIM} calls of at most {@value #MOST_BYTES_PER_CALL} bytes each. Slabs
 * of a single large block, of which no part is ever empty, are left alone: their free would fail.
 *
 * <p>{@link #awaitEnd} keeps {@code close} from unmapping what is being given back: where memory of
 * ours was, there could be a stranger's by then.
 */
final class PartialReturn {
  private static final int LEAST_GAIN_BYTES = 8 << 10;
  private static final int MOST_BYTES_PER_CALL = 1 << 20;
  private static final int MOST_CALLS_PER_CLAIM = 16;

  private static final int PIECE = 512;
  private static final int PIECES_AT_ONCE = 8;
  private static final int MOST_CANDIDATES = 1 << 16;

  /** For each nanosecond of looking so many of rest. */
  private static final int REST = 32;

  private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long MOST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long PAUSE_AFTER_REFUSAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Heaps heaps;
  private final SlabSource source;
  private final GranuleSupply granules;
  private final int callsPerSecond;
  private final ReentrantLock running = new ReentrantLock();

  private final Slab[] piece = new Slab[PIECE];
  private Slab[] candidates = new Slab[16];

  /**
   * Bytes that a candidate promises in units of a KiB, negative, then its place: sorts as a number.
   */
  private long[] order = new long[16];

  private int candidateCount;
  private int nextCandidate;
  private int nextInRegister;
  private boolean started;

  /** Whether there was a slab that may have parts, on this round. */
  private boolean anySlab;

  private long nextLookNanos;

  /** When the calls that were made so far are paid for. */
  private long paidUntilNanos;

  private volatile long discardedBytes;
  private volatile long refilledBytes;

  /** What children have counted that are closed. Guarded by the lock of the granules. */
  private long absorbedDiscarded;

  private long absorbedRefilled;

  PartialReturn(final Heaps heaps, final SlabSource source, final int callsPerSecond) {
    this.heaps = heaps;
    this.source = source;
    this.granules = source.granules();
    this.callsPerSecond = callsPerSecond;
  }

  /** The bytes of parts that were given back so far. */
  long discardedBytes() {
    return discardedBytes + absorbedDiscarded;
  }

  /** Of these, the bytes of parts that were seen to hold a live block again. */
  long refilledBytes() {
    return refilledBytes + absorbedRefilled;
  }

  /** Takes over what a closed one has counted. Under the lock of the granules. */
  void absorb(final PartialReturn other) {
    absorbedDiscarded += other.discardedBytes();
    absorbedRefilled += other.refilledBytes();
  }

  /** Waits until nothing is being given back. To be called once the heaps are closed. */
  void awaitEnd() {
    running.lock();
    running.unlock();
  }

  /**
   * Does a slice of what is due.
   *
   * @return in how many nanoseconds to call again; {@code Long.MAX_VALUE} if there is no need to
   */
  long run(final long nowNanos, final long idleNanos) {
    if (!granules.mayDiscard() || callsPerSecond == 0) {
      return Long.MAX_VALUE;
    }
    running.lock();
    try {
      if (!started) {
        started = true;
        nextLookNanos = nowNanos;
        paidUntilNanos = nowNanos;
      }
      return heaps.isClosed() ? Long.MAX_VALUE : runLocked(nowNanos, idleNanos);
    } finally {
      running.unlock();
    }
  }

  private long runLocked(final long nowNanos, final long idleNanos) {
    if (nextInRegister == 0) { // all were looked at
      if (nextCandidate < candidateCount) {
        return giveBackSome(nowNanos, idleNanos);
      }
      final long pause = nextLookNanos - nowNanos;
      if (pause > 0) {
        return pause;
      }
      candidateCount = 0;
      nextCandidate = 0;
      anySlab = false;
    }
    final long startNanos = System.nanoTime();
    final boolean all = lookAtSome(nowNanos, idleNanos);
    final long restNanos = REST * (System.nanoTime() - startNanos);
    if (!all) {
      return restNanos;
    }
    Arrays.sort(order, 0, candidateCount);
    nextInRegister = 0;
    nextLookNanos =
        nowNanos
            + Math.max(
                restNanos, Math.max(LEAST_PAUSE_NANOS, Math.min(MOST_PAUSE_NANOS, idleNanos / 4)));
    if (candidateCount > 0) {
      return giveBackSome(nowNanos, idleNanos);
    }
    return anySlab ? nextLookNanos - nowNanos : Long.MAX_VALUE;
  }

  // --- looking -----------------------------------------------------------------------------------

  /** Returns whether the end of the register was reached. */
  private boolean lookAtSome(final long nowNanos, final long idleNanos) {
    for (int i = 0; i < PIECES_AT_ONCE; i++) {
      final int count = source.copySlabs(nextInRegister, piece);
      for (int j = 0; j < count && !heaps.isClosed(); j++) { // close waits for us
        look(piece[j], nowNanos, idleNanos);
      }
      Arrays.fill(piece, 0, count, null);
      nextInRegister += count;
      if (count < PIECE || candidateCount >= MOST_CANDIDATES) {
        return true;
      }
    }
    return false;
  }

  private void look(final Slab slab, final long nowNanos, final long idleNanos) {
    if (slab.sizeClass() == Slab.LARGE) {
      return;
    }
    anySlab = true;
    final Rest known = slab.rest();
    if (!slab.isHeld() && (known == null || !known.hasReturned())) {
      return;
    }
    final long partBytes = partBytes(slab);
    final long empty = slab.emptyParts(partBytes);
    if (empty == 0 && known == null) {
      return;
    }
    final Rest rest = slab.restOrNew();
    refilledBytes += Long.bitCount(rest.refilled(empty)) * partBytes;
    if (slab.isHeld()) {
      final long due = rest.due(slab, nowNanos, idleNanos) & empty;
      if (due != 0) {
        addCandidate(slab, Long.bitCount(due) * partBytes);
      } else {
        rest.look(slab, empty, nowNanos);
      }
    }
  }

  private long partBytes(final Slab slab) {
    return Rest.partBytes(slab.run().bytes(), granules.pageSize());
  }

  private void addCandidate(final Slab slab, final long gainBytes) {
    if (candidateCount == candidates.length) {
      candidates = Arrays.copyOf(candidates, 2 * candidateCount);
      order = Arrays.copyOf(order, 2 * candidateCount);
    }
    candidates[candidateCount] = slab;
    order[candidateCount] = -(gainBytes >>> 10) << 32 | candidateCount;
    candidateCount++;
  }

  // --- giving back -------------------------------------------------------------------------------

  private long giveBackSome(final long nowNanos, final long idleNanos) {
    if (nowNanos - paidUntilNanos > BURST_NANOS) {
      paidUntilNanos = nowNanos - BURST_NANOS;
    }
    while (nextCandidate < candidateCount && !heaps.isClosed()) {
      if (paidUntilNanos - nowNanos > 0) {
        return Math.max(LEAST_PAUSE_NANOS, paidUntilNanos - nowNanos);
      }
      final int place = (int) order[nextCandidate++];
      final Slab slab = candidates[place];
      candidates[place] = null;
      if (!giveBack(slab, nowNanos, idleNanos)) {
        // As the memory of one slab is locked, so it probably is of others.
        Arrays.fill(candidates, null);
        candidateCount = 0;
        nextLookNanos = nowNanos + PAUSE_AFTER_REFUSAL_NANOS;
      }
    }
    return Math.max(0, nextLookNanos - nowNanos);
  }

  private void pay() {
    paidUntilNanos += TimeUnit.SECONDS.toNanos(1) / callsPerSecond;
  }

  /** Gives back what is due of a slab. Returns false if the kernel refused. */
  private boolean giveBack(final Slab slab, final long nowNanos, final long idleNanos) {
    final long partBytes = partBytes(slab);
    final Rest rest = slab.rest();
    final long due = rest.due(slab, nowNanos, idleNanos);
    if (due == 0 || !slab.isHeld()) {
      return true;
    }
    // Which of them are there at all; and all memory is had before the claim.
    pay();
    final long resident = residentParts(slab, partBytes);
    final long[] ranges = new long[MOST_CALLS_PER_CLAIM];
    if (!slab.claim()) {
      return true;
    }
    try {
      if (!rest.isUndisturbed(slab)) {
        return true;
      }
      final long empty = slab.emptyParts(partBytes);
      // What was not worth a call by itself may be, together with what is due now.
      final int count = worthwhile(empty & (due | rest.absent()), resident, partBytes, ranges);
      for (int i = 0; i < count; i++) {
        final long parts = ranges[i];
        final long from = Long.numberOfTrailingZeros(parts) * partBytes;
        pay();
        if (!granules.discard(slab.run(), from, lengthOf(slab, parts, from, partBytes))) {
          rest.refused();
          return false;
        }
        rest.returned(parts & resident);
        discardedBytes += Long.bitCount(parts & resident) * partBytes;
      }
      if (count < MOST_CALLS_PER_CLAIM) {
        rest.absent(due);
      }
      return true;
    } finally {
      source.letGo(slab);
    }
  }

  /** The last part of a slab may be a short one. */
  private static long lengthOf(
      final Slab slab, final long parts, final long from, final long partBytes) {
    return Math.min(Long.bitCount(parts) * partBytes, slab.run().bytes() - from);
  }

  /** The parts that have a resident page; all of them if the kernel does not say. */
  private long residentParts(final Slab slab, final long partBytes) {
    final BitSet pages = granules.residentPages(slab.run());
    if (pages == null) {
      return -1L;
    }
    long parts = 0;
    final long pagesOfPart = partBytes / granules.pageSize();
    for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
      parts |= 1L << page / pagesOfPart;
    }
    return parts;
  }

  /**
   * Joins neighbours, of which some may be absent, into ranges that are worth a call.
   *
   * @return how many there are
   */
  private static int worthwhile(
      final long due, final long resident, final long partBytes, final long[] ranges) {
    final int most = (int) Math.max(1, MOST_BYTES_PER_CALL / partBytes);
    int count = 0;
    long left = due;
    while (left != 0 && count < ranges.length) {
      final int from = Long.numberOfTrailingZeros(left & resident);
      if (from == Long.SIZE) {
        break;
      }
      final long above = left >>> from;
      final int length = Math.min(most, Long.numberOfTrailingZeros(~above));
      final long range = (length == Long.SIZE ? -1L : (1L << length) - 1) << from;
      left &= -1L << from & ~range;
      if (Long.bitCount(range & resident) * partBytes >= LEAST_GAIN_BYTES) {
        ranges[count++] = range;
      }
    }
    return count;
  }
}
