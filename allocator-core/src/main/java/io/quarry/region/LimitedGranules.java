package io.quarry.region;

import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Limits and counts what a part of the program takes of a supply. It keeps nothing: what is given
 * back to it goes on to the supply at once, where it is idle, and serves everybody.
 *
 * <p><b>The limit.</b> The supply may let go of the lock before it hands out a run, so what it was
 * asked for counts as <em>promised</em> meanwhile: {@code used + promised <= limit}.
 */
public final class LimitedGranules implements GranuleSupply {
  private final GranuleSupply supply;
  private final long limit;
  private final long headroom;
  private final Gauge usedGauge = new Gauge();
  private long used;
  private long promised;
  private long returned;

  /**
   * Nothing is taken yet.
   *
   * @param limitBytes a positive multiple of the granule, at most what the supply may hand out
   */
  public LimitedGranules(final GranuleSupply supply, final long limitBytes) {
    this.supply = supply;
    this.limit = Geometry.granulesFor(limitBytes);
    this.headroom = Regions.headroomOf(limit);
  }

  @Override
  public long limitBytes() {
    return Math.min(Geometry.bytesOf(limit), supply.limitBytes());
  }

  @Override
  public ReentrantLock lock() {
    return supply.lock();
  }

  // --- handing out and taking back ---------------------------------------------------------------

  @Override
  public Refusal take(final Run run, final long granules, final int alignment) {
    return take(run, granules, alignment, false);
  }

  @Override
  public Refusal takeLeavingHeadroom(final Run run, final long granules, final int alignment) {
    return take(run, granules, alignment, true);
  }

  private Refusal take(
      final Run run, final long granules, final int alignment, final boolean leavesHeadroom) {
    if (granules > limit) {
      return Refusal.TOO_LARGE;
    }
    if (!allows(leavesHeadroom && granules <= limit - headroom ? granules + headroom : granules)) {
      usedGauge.refused();
      return Refusal.LIMIT;
    }
    promised += granules;
    Refusal refusal = Refusal.CLOSED;
    try {
      refusal =
          leavesHeadroom
              ? supply.takeLeavingHeadroom(run, granules, alignment)
              : supply.take(run, granules, alignment);
    } finally {
      promised -= granules;
      if (refusal == null) {
        use(granules);
      }
    }
    return refusal == Refusal.LIMIT ? Refusal.PARENT_LIMIT : refusal;
  }

  private boolean allows(final long more) {
    return used + promised + more <= limit;
  }

  private void use(final long more) {
    used += more;
    if (more < 0) {
      returned -= more;
    }
    usedGauge.show(used);
  }

  @Override
  public void give(final Run run, final long idleSinceNanos) {
    supply.give(run, idleSinceNanos);
    use(-run.granules());
  }

  @Override
  public void shorten(final Run run, final int granules) {
    final int surplus = run.granules() - granules;
    supply.shorten(run, granules);
    use(-surplus);
  }

  @Override
  public boolean lengthen(final Run run, final int granules) {
    final int more = granules - run.granules();
    if (!allows(more) || !supply.lengthen(run, granules)) {
      return false;
    }
    use(more);
    return true;
  }

  @Override
  public boolean move(final Run from, final Run to, final int granules) {
    final int more = granules - from.granules();
    if (!allows(more)) {
      return false;
    }
    promised += more;
    boolean moved = false;
    try {
      moved = supply.move(from, to, granules);
    } finally {
      promised -= more;
      if (moved) {
        use(more);
      }
    }
    return moved;
  }

  // --- returning to the kernel: for the supply to see to -----------------------------------------

  @Override
  public long returnIdle(final long idleSinceNanos) {
    return 0;
  }

  @Override
  public Long oldestIdleNanos() {
    return null;
  }

  // --- parts of runs in use ----------------------------------------------------------------------

  @Override
  public boolean mayDiscard() {
    return supply.mayDiscard();
  }

  @Override
  public boolean discard(final Run run, final long offset, final long bytes) {
    return supply.discard(run, offset, bytes);
  }

  @Override
  public BitSet residentPages(final Run run) {
    return supply.residentPages(run);
  }

  @Override
  public long pageSize() {
    return supply.pageSize();
  }

  // --- figures -----------------------------------------------------------------------------------

  @Override
  public long mappedBytes() {
    return Geometry.bytesOf(used);
  }

  @Override
  public long idleBytes() {
    return 0;
  }

  @Override
  public long reservedBytes() {
    return Geometry.bytesOf(used);
  }

  /** All bytes that were ever given back to the supply. */
  @Override
  public long returnedBytes() {
    return Geometry.bytesOf(returned);
  }

  /** None: they are the supply's. */
  @Override
  public int mappings() {
    return 0;
  }

  @Override
  public long metadataBytes() {
    return 0;
  }

  @Override
  public Gauge usedGauge() {
    return usedGauge;
  }
}
