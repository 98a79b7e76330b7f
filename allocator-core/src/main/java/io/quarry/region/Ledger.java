package io.quarry.region;

/**
 * What all regions together hold, and whether they may hold more. A granule changes its state here,
 * in its region and in the totals at once, so that they agree:
 *
 * <pre>{@code
 * fresh or idle --use-> used --becomeIdle-> idle --leave-> leaving --discarded-> fresh
 *                         |                   ^              | |
 *                         '--abandon-> hole   '---refused----' '---unmapped--> hole
 *
 * mapped = used + idle + leaving <= capacity
 * }</pre>
 *
 * <p>The limit holds because whoever uses more has asked {@link #excess} in the same critical
 * section. It is exceeded in one place, within one critical section and in the books only: between
 * {@code use} and {@code abandon} of a move, whose pages are counted at both ends.
 *
 * <p>All state is guarded by the lock of the {@link Regions}; no method makes a system call.
 */
final class Ledger {
  private final long capacity;
  private final MappingCount processMappings;

  private long used;
  private long idle;
  private long leaving;

  /** The granules of all regions, whatever they are. */
  private long reserved;

  /** All that ever came back to the kernel from leaving. */
  private long returned;

  private final Gauge usedGauge = new Gauge();
  private final Gauge mappedGauge = new Gauge();

  /** Our share of {@link #processMappings}: an upper bound, as that is. */
  private int mappings;

  Ledger(final long capacityGranules, final MappingCount processMappings) {
    this.capacity = capacityGranules;
    this.processMappings = processMappings;
  }

  // --- the state of granules ---------------------------------------------------------------------

  /**
   * From fresh or idle to used.
   *
   * @return how many of them were idle
   */
  int use(final Region region, final int first, final int count) {
    final int reused = region.countIdle(first, count);
    region.use(first, count);
    idle -= reused;
    used += count;
    showBoth();
    return reused;
  }

  /** From used to idle. */
  void becomeIdle(final Region region, final int first, final int count, final long sinceNanos) {
    region.becomeIdle(first, count, sinceNanos);
    used -= count;
    idle += count;
    usedGauge.show(used);
  }

  /** From used to a hole: the pages were moved away, or may be a stranger's. */
  void abandon(final Region region, final int first, final int count) {
    becomeHole(region, first, count);
    used -= count;
    showBoth();
  }

  /** From idle to leaving: whoever calls this brings them to one of the next three. */
  void leave(final Region region, final int first, final int count) {
    region.leave(first, count);
    idle -= count;
    leaving += count;
  }

  /** From leaving to a hole. */
  void unmapped(final Region region, final int first, final int count) {
    becomeHole(region, first, count);
    leaving -= count;
    returned += count;
    mappedGauge.show(mapped());
  }

  /** From leaving to fresh. */
  void discarded(final Region region, final int first, final int count) {
    region.becomeFresh(first, count);
    leaving -= count;
    returned += count;
    mappedGauge.show(mapped());
  }

  /** From leaving to idle again. */
  void refused(final Region region, final int first, final int count, final long sinceNanos) {
    region.becomeIdle(first, count, sinceNanos);
    leaving -= count;
    idle += count;
  }

  /** From a hole to fresh. */
  void mapAgain(final Region region, final int first, final int count) {
    region.mapAgain(first, count);
    addMappings(-region.mappingsAddedByUnmapping(first, count));
  }

  /**
   * From whatever is mapped to a hole, where the whole region is given up. Does not touch the
   * totals: nothing counts in them if the region was deserted, and {@link #clear} follows if not.
   */
  void unmappedForGood(final Region region, final int first, final int count) {
    region.use(first, count);
    becomeHole(region, first, count);
  }

  private void becomeHole(final Region region, final int first, final int count) {
    final int added = region.mappingsAddedByUnmapping(first, count);
    region.becomeHole(first, count);
    addMappings(added);
  }

  private void showBoth() {
    usedGauge.show(used);
    mappedGauge.show(mapped());
  }

  // --- regions -----------------------------------------------------------------------------------

  /** A region was reserved, in one mapping. */
  void add(final Region region) {
    reserved += region.granules;
    addMappings(1);
  }

  /** A region is gone. Its mappings went as they were unmapped. */
  void remove(final Region region) {
    reserved -= region.granules;
  }

  /** All regions were given up, while nothing is leaving. */
  void clear() {
    used = 0;
    idle = 0;
  }

  private void addMappings(final int added) {
    mappings += added;
    processMappings.add(added);
  }

  // --- limits ------------------------------------------------------------------------------------

  /** The hard limit on mapped granules. */
  long capacity() {
    return capacity;
  }

  /** By how many granules the limit would be exceeded if so many more were mapped. */
  long excess(final long more) {
    return mapped() + more - capacity;
  }

  /** Whether one region more stays within our share of the process's mappings. */
  boolean allowsRegion() {
    return processMappings.allowsRegion();
  }

  /** Whether one hole more does. */
  boolean allowsHole() {
    return processMappings.allowsHole();
  }

  /** Shows the granules in use, those that move counted at both ends. */
  Gauge usedGauge() {
    return usedGauge;
  }

  /** Shows those that are mapped. */
  Gauge mappedGauge() {
    return mappedGauge;
  }

  // --- figures, in granules ----------------------------------------------------------------------

  long mapped() {
    return used + idle + leaving;
  }

  long idle() {
    return idle;
  }

  long leaving() {
    return leaving;
  }

  long reserved() {
    return reserved;
  }

  long returned() {
    return returned;
  }

  int mappings() {
    return mappings;
  }
}
