package io.quarry.slab;

/**
 * What the maintenance agent remembers of a slab from one look to the next: since when it has
 * issued nothing, and which of its parts hold no block. A part is a page, or as many as make at
 * most 64 parts of a slab, so that one word has a bit for each.
 *
 * <p>Made for slabs that have a part without a live block, and for current ones of shared heaps
 * that fell empty: a slab in full use has none. For the agent only.
 */
public final class Rest {
  /** Java-heap bytes of one. */
  public static final long BYTES = 56;

  private static final int MOST_PARTS = Long.SIZE;

  private long sinceNanos;
  private long mallocCount = -1;

  /** Empty when the rest began. */
  private long empty;

  /**
   * Known to have no memory, or too little to be worth a call; forgotten when the slab issues a
   * block, which may be anywhere.
   */
  private long absent;

  /** Given back to the kernel, and not seen in use since. */
  private long returned;

  /** Whether the kernel would not take a part back. */
  private boolean refused;

  Rest() {}

  /** The bytes of a part of a slab, the last one's perhaps excepted. */
  public static long partBytes(final long slabBytes, final long pageBytes) {
    final long pages = slabBytes / pageBytes;
    return Math.max(1, (pages + MOST_PARTS - 1) / MOST_PARTS) * pageBytes;
  }

  /** Since when the slab has issued nothing, as far as the calls of this method tell. */
  public long since(final Slab slab, final long nowNanos) {
    final long mallocs = slab.mallocCount();
    if (mallocCount != mallocs) {
      mallocCount = mallocs;
      sinceNanos = nowNanos;
      empty = 0;
      absent = 0;
    }
    return sinceNanos;
  }

  /**
   * Looks at the slab.
   *
   * @param nowEmpty {@link Slab#emptyParts} now
   */
  public void look(final Slab slab, final long nowEmpty, final long nowNanos) {
    since(slab, nowNanos);
    if ((empty & ~absent) == 0) {
      // Nothing of an earlier look is waiting: what is empty by now begins to.
      sinceNanos = nowNanos;
      empty = nowEmpty;
    }
  }

  /** The parts that were given back and are in use again; each is said once. */
  public long refilled(final long nowEmpty) {
    final long refilled = returned & ~nowEmpty;
    returned &= nowEmpty;
    return refilled;
  }

  /**
   * The parts that held no live block in two looks at least the idle time apart, while the slab
   * issued nothing; 0 if there are none yet. They still hold none if the slab {@link
   * #isUndisturbed}.
   */
  public long due(final Slab slab, final long nowNanos, final long idleNanos) {
    return refused || !isUndisturbed(slab) || nowNanos - sinceNanos < idleNanos
        ? 0
        : empty & ~absent;
  }

  /** Whether the slab has issued nothing since the last look. Certain while it is CLAIMED. */
  public boolean isUndisturbed(final Slab slab) {
    return mallocCount == slab.mallocCount();
  }

  /** Whether there is a part that was given back and not seen in use since. */
  public boolean hasReturned() {
    return returned != 0;
  }

  /** The parts known to have no memory, or too little to be worth a call. */
  public long absent() {
    return absent;
  }

  /** Says that parts have no memory, or too little to be worth a call. */
  public void absent(final long parts) {
    absent |= parts;
  }

  /** Says that parts were given back just now. */
  public void returned(final long parts) {
    absent |= parts;
    returned |= parts;
  }

  /** Says that the kernel would not take a part back: it is not asked again. */
  public void refused() {
    refused = true;
  }
}
