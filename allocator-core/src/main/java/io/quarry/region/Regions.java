package io.quarry.region;

import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Hands out runs of granules and takes them back, reserves regions when it has too few, and returns
 * to the kernel what was idle for long enough.
 *
 * <pre>
 *   Regions      this: the way in, the lock, and the search for a run
 *   IdleReturn   idle granules go back to the kernel
 *   PageMove     pages move from one run to another
 *   Residency    what of it is resident
 *   RegionTable  which regions there are; reserving and dropping them
 *   Ledger       what granules are, in total; the limit
 *   Region       what each granule is
 *   Mapper       the system calls
 *   PageSource   what stands behind the pages: anonymous memory, or a shared file
 * </pre>
 *
 * <p><b>The limit.</b> Mapped granules are those in use, idle, or on their way to the kernel. Their
 * number changes under the lock only and is compared with the capacity before it grows, so it never
 * exceeds it, however many threads race. Idle granules are reused first, and returned before a
 * request is refused.
 *
 * <p><b>Headroom.</b> One granule in {@value #HEADROOM_SHARE}, and at most {@value
 * #MOST_HEADROOM_GRANULES}, are kept for compaction, which has to have a slab to move blocks to
 * before it can give any back, and must be able to start when slabs have used up all else.
 *
 * <p><b>Order of search.</b> Granules that are resident already; then granules that are mapped;
 * then holes; then a new region. Within each, the lowest address of the lowest region: what lives
 * together at one end leaves whole regions empty at the other.
 *
 * <p><b>Threads.</b> All state of all of these is guarded by {@link #lock()}, which is reentrant so
 * that the layer above can do its own book-keeping in the same critical section. Only {@link
 * #returnIdle} lets go of it during a system call.
 */
public final class Regions implements GranuleSupply {

  /** Told of regions, so that a table by address can be kept. Called under the lock. */
  public interface Listener {
    /** A region was reserved; if this throws, it is given up again. */
    void regionReserved(long base, long bytes);

    /** A region is gone. */
    void regionDropped(Region region);
  }

  private static final int HEADROOM_SHARE = 128;

  /** Room for the largest block that has a class. */
  private static final int MOST_HEADROOM_GRANULES = 16;

  private final ReentrantLock lock = new ReentrantLock();
  private final LongSupplier nanoClock;
  private final long headroomGranules;
  private final IdlePolicy idlePolicy;
  private final Mapper mapper;
  private final Ledger ledger;
  private final PageSource pages;
  private final RegionTable regions;
  private final IdleReturn idleReturn;
  private final PageMove pageMove;
  private final Residency residency;

  /**
   * No region yet, and no system call made. The regions stand on anonymous memory.
   *
   * @param nanoClock the time, with the meaning of {@link System#nanoTime()}
   */
  public Regions(
      final Posix posix,
      final LongSupplier nanoClock,
      final RegionSettings settings,
      final Listener listener) {
    this(posix, PageSource.anonymous(posix), nanoClock, settings, listener);
  }

  /**
   * As the other one, on pages of any kind, which the regions take over: {@link #close} closes
   * them.
   */
  public Regions(
      final Posix posix,
      final PageSource pages,
      final LongSupplier nanoClock,
      final RegionSettings settings,
      final Listener listener) {
    this(posix, pages, nanoClock, settings, listener, MappingCount.ofThisProcess());
  }

  Regions(
      final Posix posix,
      final PageSource pages,
      final LongSupplier nanoClock,
      final RegionSettings wanted,
      final Listener listener,
      final MappingCount processMappings) {
    // Memory that cannot be given back stays with its granules: they must not pass for zero.
    final RegionSettings settings = pages.keepsAllBecause() == null ? wanted : wanted.keepingIdle();
    this.pages = pages;
    this.nanoClock = nanoClock;
    this.idlePolicy = settings.idlePolicy();
    this.headroomGranules = headroomOf(Geometry.granulesFor(settings.capacityBytes()));
    this.mapper = new Mapper(posix, pages);
    this.ledger = new Ledger(Geometry.granulesFor(settings.capacityBytes()), processMappings);
    this.regions = new RegionTable(mapper, ledger, settings, listener);
    this.idleReturn = new IdleReturn(lock, regions, mapper, ledger, nanoClock, idlePolicy);
    this.pageMove = new PageMove(regions, mapper, ledger, nanoClock);
    this.residency = new Residency(lock, regions, mapper);
  }

  /** What is kept for compaction of so many granules. */
  static long headroomOf(final long capacityGranules) {
    return Math.min(MOST_HEADROOM_GRANULES, capacityGranules / HEADROOM_SHARE);
  }

  @Override
  public ReentrantLock lock() {
    return lock;
  }

  // --- handing out -------------------------------------------------------------------------------

  @Override
  public Refusal take(final Run run, final long granules, final int alignment) {
    return take(run, granules, alignment, 0);
  }

  @Override
  public Refusal takeLeavingHeadroom(final Run run, final long granules, final int alignment) {
    final boolean needsHeadroom = granules > ledger.capacity() - headroomGranules;
    return take(run, granules, alignment, needsHeadroom ? 0 : -headroomGranules);
  }

  /**
   * @param credit granules that the caller gives back in the same critical section, and that
   *     therefore do not count against the limit; negative if some are to be left
   */
  private Refusal take(final Run run, final long granules, final int alignment, final long credit) {
    if (granules > Integer.MAX_VALUE || granules > ledger.capacity()) {
      return Refusal.TOO_LARGE;
    }
    final int count = (int) granules;
    while (!regions.isClosed()) {
      final boolean found = find(run, count, alignment);
      final int added = found ? count - run.region.countIdle(run.first, count) : count;
      final long excess = ledger.excess(added - credit);
      if (excess > 0) {
        if (!idleReturn.makeRoom(excess)) {
          ledger.usedGauge().refused();
          return Refusal.LIMIT;
        }
      } else if (!found) {
        final Refusal refusal = regions.reserveFor(count, alignment);
        if (refusal != null) {
          return refusal;
        }
      } else {
        final Refusal refusal = mapHolesIn(run, count);
        if (refusal != null) {
          return refusal;
        }
        if (run.region.isBacked(run.first, count)) {
          if (added > 0 && !mapper.allocate(run.region, run.first, count)) {
            if (idleReturn.makeRoom(count)) {
              continue; // what is idle elsewhere may be all that is missing
            }
            return Refusal.OS_REFUSED;
          }
          run.granules = count;
          run.pristine = ledger.use(run.region, run.first, count) == 0;
          return null;
        }
        // Somebody else's memory lies in the hole: it was given up, look elsewhere.
      }
    }
    return Refusal.CLOSED;
  }

  private boolean find(final Run run, final int count, final int alignment) {
    for (final Region region : regions) {
      if (found(run, region, region.findIdle(count, alignment))) {
        return true;
      }
    }
    for (final Region region : regions) {
      if (found(run, region, region.findBacked(count, alignment))) {
        return true;
      }
    }
    for (final Region region : regions) {
      if (found(run, region, region.findVacant(count, alignment))) {
        return true;
      }
    }
    return false;
  }

  private static boolean found(final Run run, final Region region, final int first) {
    run.region = region;
    run.first = first;
    return first >= 0;
  }

  private Refusal mapHolesIn(final Run run, final int count) {
    final Region region = run.region;
    final int end = run.first + count;
    int hole = region.nextHole(run.first, end);
    while (hole >= 0) {
      final int holeEnd = region.endOfHole(hole, end);
      final int holeGranules = holeEnd - hole;
      switch (mapper.mapHole(region, region.addressOf(hole), Geometry.bytesOf(holeGranules))) {
        case DONE -> ledger.mapAgain(region, hole, holeGranules);
        case TAKEN -> {
          region.lose(hole, holeGranules);
          return null;
        }
        case REFUSED -> {
          return Refusal.OS_REFUSED;
        }
      }
      hole = region.nextHole(holeEnd, end);
    }
    return null;
  }

  // --- taking back -------------------------------------------------------------------------------

  @Override
  public void give(final Run run, final long idleSinceNanos) {
    pages.withdraw(run.region.offsetOf(run.address()), run.granules);
    ledger.becomeIdle(run.region, run.first, run.granules, idleSinceNanos);
  }

  @Override
  public void shorten(final Run run, final int granules) {
    final int surplus = run.granules - granules;
    final int end = run.first + granules;
    pages.withdraw(run.region.offsetOf(run.region.addressOf(end)), surplus);
    ledger.becomeIdle(run.region, end, surplus, nanoClock.getAsLong());
    run.granules = granules;
  }

  @Override
  public boolean lengthen(final Run run, final int granules) {
    final Region region = run.region;
    final int end = run.first + run.granules;
    final int more = granules - run.granules;
    if (regions.isClosed()
        || !region.isBacked(end, more)
        || movesPages() && !region.isOneMapping(run.first, granules)
        || ledger.excess(more - region.countIdle(end, more)) > 0
        || region.countIdle(end, more) < more && !mapper.allocate(region, end, more)) {
      return false;
    }
    ledger.use(region, end, more);
    run.granules = granules;
    return true;
  }

  @Override
  public boolean move(final Run from, final Run to, final int granules) {
    return movesPages()
        && ledger.allowsHole()
        && from.region.isOneMapping(from.first, from.granules)
        && take(to, granules, 1, from.granules) == null
        && pageMove.move(from, to);
  }

  private boolean movesPages() {
    return idlePolicy == IdlePolicy.UNMAP && mapper.movesPages();
  }

  // --- where others find it ----------------------------------------------------------------------

  /**
   * The address at which the byte at an offset of the file is mapped. To be called under the lock.
   *
   * @return 0 if no region has it
   */
  public long addressAt(final long offset) {
    for (final Region region : regions) {
      final long inRegion = offset - region.offsetOf(region.base());
      if (pages.isShared() && inRegion >= 0 && inRegion < region.bytes()) {
        return region.base() + inRegion;
      }
    }
    return 0;
  }

  // --- returning to the kernel -------------------------------------------------------------------

  @Override
  public long returnIdle(final long idleSinceNanos) {
    return idleReturn.returnIdle(idleSinceNanos);
  }

  @Override
  public boolean mayDiscard() {
    return idlePolicy != IdlePolicy.KEEP && pages.mayDiscardParts();
  }

  @Override
  public boolean discard(final Run run, final long offset, final long bytes) {
    return mapper.discard(run.region, run.address() + offset, bytes);
  }

  @Override
  public BitSet residentPages(final Run run) {
    return mapper.residentPages(run.address(), run.bytes());
  }

  @Override
  public long pageSize() {
    return mapper.pageSize();
  }

  /**
   * Bytes of all regions that are resident now, by the kernel's own account ({@code mincore}).
   * Takes time in proportion to what is mapped, and the lock for moments only; to be called
   * <em>without</em> it. What is unmapped meanwhile may be counted or not.
   */
  public long residentBytes() {
    return residency.bytes();
  }

  @Override
  public Long oldestIdleNanos() {
    return idleReturn.oldestIdleNanos();
  }

  /**
   * Unmaps everything that is mapped, and refuses every request from now on. Idempotent.
   *
   * @return null, or why some of it is left
   */
  public RuntimeException close() {
    lock.lock();
    try {
      regions.beClosed();
      idleReturn.awaitArrivals();
      final RuntimeException kept = regions.unmapEverything();
      final RuntimeException left = pages.close();
      return kept == null ? left : kept;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long limitBytes() {
    return Geometry.bytesOf(ledger.capacity());
  }

  // --- figures: all to be read under the lock, so that they belong together ----------------------

  @Override
  public long mappedBytes() {
    return Geometry.bytesOf(ledger.mapped());
  }

  @Override
  public long idleBytes() {
    return Geometry.bytesOf(ledger.idle() + ledger.leaving());
  }

  /** Address space of all regions, mapped or not. */
  @Override
  public long reservedBytes() {
    return Geometry.bytesOf(ledger.reserved());
  }

  /** All bytes that were ever returned to the kernel, but for those of {@link #close()}. */
  @Override
  public long returnedBytes() {
    return Geometry.bytesOf(ledger.returned());
  }

  /** The number of kernel mappings held, at most. */
  @Override
  public int mappings() {
    return ledger.mappings() + pages.mappings();
  }

  /** Java-heap bytes that the regions' own tables take, about. */
  @Override
  public long metadataBytes() {
    // A time stamp, an origin and four bits a granule, and some three hundred bytes a region.
    final long granules = ledger.reserved();
    return granules * 12 + granules / 2 + 300L * regions.size();
  }

  /** Why the kernel refused last; null if it never did. May be read without the lock. */
  public PosixException lastRefusal() {
    return mapper.lastRefusal();
  }

  @Override
  public Gauge usedGauge() {
    return ledger.usedGauge();
  }

  /** Shows the granules that are mapped. */
  public Gauge mappedGauge() {
    return ledger.mappedGauge();
  }
}
