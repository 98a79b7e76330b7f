package io.quarry.region;

import java.util.function.LongSupplier;

/**
 * Moves the pages of one run into another, without copying a byte, and puts things right where the
 * kernel gives up half-way.
 *
 * <p>Has no state of its own; to be called under the lock of the {@link Regions}.
 */
final class PageMove {
  private final RegionTable regions;
  private final Mapper mapper;
  private final Ledger ledger;
  private final LongSupplier nanoClock;

  PageMove(
      final RegionTable regions,
      final Mapper mapper,
      final Ledger ledger,
      final LongSupplier nanoClock) {
    this.regions = regions;
    this.mapper = mapper;
    this.ledger = ledger;
    this.nanoClock = nanoClock;
  }

  /**
   * Moves the pages; the old run becomes a hole.
   *
   * @param from in one mapping of the kernel
   * @param to at least as long, just taken
   * @return whether it did; otherwise {@code from} is as it was, and {@code to} was taken back
   */
  boolean move(final Run from, final Run to) {
    Mapper.Outcome outcome = Mapper.Outcome.TAKEN;
    try {
      if (!to.pristine) {
        // Its contents are lost in any case. If it has to be given up, it must not hold memory.
        mapper.discard(to.region, to.address(), to.bytes());
      }
      outcome = mapper.movePages(from.address(), from.bytes(), to.address(), to.bytes());
    } finally {
      if (outcome != Mapper.Outcome.DONE) {
        takeBack(to, outcome);
      }
    }
    if (outcome != Mapper.Outcome.DONE) {
      return false;
    }
    to.region.moveIn(to.first, to.granules);
    ledger.abandon(from.region, from.first, from.granules);
    regions.dropIfDeserted(from.region);
    return true;
  }

  private void takeBack(final Run to, final Mapper.Outcome outcome) {
    final Region region = to.region;
    if (outcome == Mapper.Outcome.REFUSED) {
      ledger.becomeIdle(region, to.first, to.granules, nanoClock.getAsLong());
      return;
    }
    ledger.abandon(region, to.first, to.granules);
    if (mapper.mapHole(region, to.address(), to.bytes()) == Mapper.Outcome.DONE) {
      ledger.mapAgain(region, to.first, to.granules);
    } else {
      // Ours still, or a stranger's by now: it cannot be told which, so it is never touched again.
      region.lose(to.first, to.granules);
    }
    regions.dropIfDeserted(region);
  }
}
