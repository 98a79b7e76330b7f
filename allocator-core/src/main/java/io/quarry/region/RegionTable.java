package io.quarry.region;

import io.quarry.posix.PosixException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The regions there are, lowest address first: reserves new ones, and unmaps those that nobody uses
 * any more.
 *
 * <p>All state is guarded by the lock of the {@link Regions}, also during system calls: there are
 * few of those, and a region must not be found before or after it is there.
 */
final class RegionTable implements Iterable<Region> {
  private final ArrayList<Region> regions = new ArrayList<>();
  private final Mapper mapper;
  private final Ledger ledger;
  private final RegionSettings settings;
  private final Regions.Listener listener;
  private boolean closed;

  RegionTable(
      final Mapper mapper,
      final Ledger ledger,
      final RegionSettings settings,
      final Regions.Listener listener) {
    this.mapper = mapper;
    this.ledger = ledger;
    this.settings = settings;
    this.listener = listener;
  }

  /** In the order of their addresses. Not to be used past a change of the table. */
  @Override
  public Iterator<Region> iterator() {
    return regions.iterator();
  }

  /** The same regions, for whoever lets go of the lock on the way. */
  List<Region> snapshot() {
    return List.copyOf(regions);
  }

  int size() {
    return regions.size();
  }

  boolean isClosed() {
    return closed;
  }

  // --- reserving ---------------------------------------------------------------------------------

  /**
   * Reserves a region in which a run can be found.
   *
   * @param count the granules of the run
   * @param alignment of the run, in granules, a power of two
   * @return null, or why not
   */
  Refusal reserveFor(final int count, final int alignment) {
    if (!ledger.allowsRegion()) {
      return Refusal.MAP_COUNT;
    }
    final long wanted = Geometry.bytesOf(count);
    final long alignmentBytes = Geometry.bytesOf(alignment);
    if (wanted > settings.regionBytes()) {
      // Aligned to what one entry of a page table's middle level spans: mremap moves whole entries.
      final long aligned = Math.max(alignmentBytes, Geometry.MIN_REGION_BYTES);
      return reserve(count, aligned) ? null : Refusal.OS_REFUSED;
    }
    // Where address space is short (ulimit -v), a smaller region will do.
    for (long bytes = settings.regionBytes();
        bytes >= Math.max(wanted, Geometry.MIN_REGION_BYTES);
        bytes >>>= 1) {
      if (reserve((int) (bytes >>> Geometry.GRANULE_SHIFT), Math.max(bytes, alignmentBytes))) {
        return null;
      }
    }
    return Refusal.OS_REFUSED;
  }

  private boolean reserve(final int granules, final long alignmentBytes) {
    final Region region = new Region(granules);
    // So that adding the region cannot fail once it is mapped.
    regions.ensureCapacity(regions.size() + 1);
    try {
      if (!mapper.reserve(region, alignmentBytes)) {
        return false;
      }
      listener.regionReserved(region.base(), region.bytes());
    } catch (final Throwable notReserved) {
      if (region.base() != 0) {
        mapper.giveUp(region);
      }
      throw notReserved;
    }
    int place = 0;
    while (place < regions.size() && regions.get(place).base() < region.base()) {
      place++;
    }
    regions.add(place, region);
    ledger.add(region);
    return true;
  }

  // --- giving up ---------------------------------------------------------------------------------

  /** A region that nobody uses any more is unmapped as a whole, but for its holes. */
  void dropIfDeserted(final Region region) {
    if (settings.idlePolicy() == IdlePolicy.UNMAP
        && region.deserted()
        && regions.contains(region)
        && unmapAll(region)) {
      remove(region);
      listener.regionDropped(region);
    }
  }

  /** From now on nothing is handed out or returned any more; what is leaving still arrives. */
  void beClosed() {
    closed = true;
  }

  /**
   * Unmaps everything that is mapped, used or not. To be called once this is closed and nothing is
   * leaving; idempotent.
   *
   * @return null, or why the kernel kept some of it
   */
  PosixException unmapEverything() {
    PosixException refusal = null;
    for (final Region region : snapshot()) {
      listener.regionDropped(region);
      if (unmapAll(region)) {
        remove(region);
      } else {
        refusal = mapper.lastRefusal();
      }
    }
    if (!mapper.unmapLeftovers()) {
      refusal = mapper.lastRefusal();
    }
    ledger.clear();
    return refusal;
  }

  private void remove(final Region region) {
    regions.remove(region);
    ledger.remove(region);
    mapper.forget(region);
  }

  /**
   * Unmaps what is mapped of a region, and nothing else: in its holes may lie a stranger's memory.
   *
   * @return whether all of it is unmapped
   */
  private boolean unmapAll(final Region region) {
    int from = region.nextMapped(0);
    while (from < region.granules) {
      final int count = region.endOfMapped(from) - from;
      if (!mapper.unmap(region.addressOf(from), Geometry.bytesOf(count))) {
        return false;
      }
      ledger.unmappedForGood(region, from, count);
      from = region.nextMapped(from + count);
    }
    return true;
  }
}
