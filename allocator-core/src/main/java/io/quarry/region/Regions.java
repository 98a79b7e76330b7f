package io.quarry.region;

import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Hands out runs of granules and takes them back, reserves regions when it has too few, and returns
 * to the kernel what was idle for long enough.
 *
 * <p><b>The limit.</b> Mapped granules are those in use, idle, or on their way to the kernel. Their
 * number changes under the lock only and is compared with the capacity before it grows, so it never
 * exceeds it, however many threads race. Idle granules are reused first, and returned before a
 * request is refused.
 *
 * <p><b>Order of search.</b> Granules that are resident already; then granules that are mapped;
 * then holes; then a new region. Within each, the lowest address of the oldest region: what lives
 * together at one end leaves whole regions empty at the other.
 *
 * <p><b>Threads.</b> All state is guarded by {@link #lock()}, which is reentrant so that the layer
 * above can do its own book-keeping in the same critical section. Idle granules are returned in
 * pieces of at most {@value #MOST_GRANULES_AT_ONCE} granules with the lock released during the
 * system call: a thread that wants a run does not wait for the kernel to free gigabytes of pages.
 */
public final class Regions {

  /** Told of regions, so that a table by address can be kept. Called under the lock. */
  public interface Listener {
    /** A region was reserved; if this throws, it is given up again. */
    void regionReserved(long base, long bytes);

    /** A region is gone. */
    void regionDropped(Region region);
  }

  private static final int MOST_GRANULES_AT_ONCE = 128;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition leavingChanged = lock.newCondition();
  private final List<Region> regions = new ArrayList<>();
  private final Mapper mapper;
  private final MappingCount processMappings;
  private final LongSupplier nanoClock;
  private final RegionSettings settings;
  private final long capacityGranules;
  private final Listener listener;

  private long mappedGranules;
  private long idleGranules;
  private long leavingGranules;
  private long reservedGranules;
  private long returnedGranules;
  private int mappings;
  private boolean closed;

  /**
   * No region yet, and no system call made.
   *
   * @param nanoClock the time, with the meaning of {@link System#nanoTime()}
   */
  public Regions(
      final Posix posix,
      final LongSupplier nanoClock,
      final RegionSettings settings,
      final Listener listener) {
    this(posix, nanoClock, settings, listener, MappingCount.ofThisProcess());
  }

  Regions(
      final Posix posix,
      final LongSupplier nanoClock,
      final RegionSettings settings,
      final Listener listener,
      final MappingCount processMappings) {
    this.mapper = new Mapper(posix);
    this.nanoClock = nanoClock;
    this.settings = settings;
    this.capacityGranules = Geometry.granulesFor(settings.capacityBytes());
    this.listener = listener;
    this.processMappings = processMappings;
  }

  /** The lock that guards all of this. */
  public ReentrantLock lock() {
    return lock;
  }

  // --- handing out -------------------------------------------------------------------------------

  /**
   * Hands out a run. To be called under the lock.
   *
   * @param run filled in if this succeeds
   * @param alignment in granules, a power of two
   * @return null, or why not
   */
  public Refusal take(final Run run, final long granules, final int alignment) {
    return take(run, granules, alignment, 0);
  }

  /**
   * @param credit granules that the caller gives back in the same critical section, and that
   *     therefore do not count against the limit
   */
  private Refusal take(final Run run, final long granules, final int alignment, final long credit) {
    if (granules > Integer.MAX_VALUE || granules > capacityGranules) {
      return Refusal.TOO_LARGE;
    }
    final int count = (int) granules;
    while (!closed) {
      final boolean found = find(run, count, alignment);
      final int added = found ? count - run.region.countIdle(run.first, count) : count;
      final long excess = mappedGranules + added - credit - capacityGranules;
      if (excess > 0) {
        if (!makeRoom(excess)) {
          return Refusal.LIMIT;
        }
      } else if (!found) {
        final Refusal refusal = reserveRegion(count, alignment);
        if (refusal != null) {
          return refusal;
        }
      } else {
        final Refusal refusal = mapHolesIn(run, count);
        if (refusal != null) {
          return refusal;
        }
        if (run.region.isBacked(run.first, count)) {
          issue(run, count);
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
      switch (mapper.mapHole(region.addressOf(hole), Geometry.bytesOf(holeGranules))) {
        case DONE -> {
          region.mapAgain(hole, holeGranules);
          countMappings(-region.mappingsAddedByUnmapping(hole, holeGranules));
        }
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

  private void issue(final Run run, final int count) {
    final int idle = run.region.countIdle(run.first, count);
    run.granules = count;
    run.pristine = idle == 0;
    run.region.use(run.first, count);
    idleGranules -= idle;
    mappedGranules += count - idle;
  }

  private Refusal reserveRegion(final int count, final int alignment) {
    if (!processMappings.allowsRegion()) {
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
    ensureRoomForOneMore();
    try {
      if (!mapper.reserve(region, alignmentBytes)) {
        return false;
      }
      listener.regionReserved(region.base(), region.bytes());
    } catch (final Throwable notReserved) {
      if (region.base() != 0) {
        mapper.unmapOrLeave(region.base(), region.bytes());
      }
      throw notReserved;
    }
    int place = 0;
    while (place < regions.size() && regions.get(place).base() < region.base()) {
      place++;
    }
    regions.add(place, region);
    reservedGranules += granules;
    countMappings(1);
    return true;
  }

  /** So that adding the region cannot fail once it is mapped. */
  private void ensureRoomForOneMore() {
    ((ArrayList<Region>) regions).ensureCapacity(regions.size() + 1);
  }

  // --- taking back -------------------------------------------------------------------------------

  /**
   * Takes a run back: its granules are idle from now on. To be called under the lock.
   *
   * @param idleSinceNanos since when nobody has used them
   */
  public void give(final Run run, final long idleSinceNanos) {
    run.region.becomeIdle(run.first, run.granules, idleSinceNanos);
    idleGranules += run.granules;
  }

  /** Gives back all but the first granules of a run. To be called under the lock. */
  public void shorten(final Run run, final int granules) {
    final int surplus = run.granules - granules;
    run.region.becomeIdle(run.first + granules, surplus, nanoClock.getAsLong());
    idleGranules += surplus;
    run.granules = granules;
  }

  /**
   * Makes a run longer without moving it, if what follows it is free and the limit allows, and if
   * it could still be moved afterwards. To be called under the lock.
   */
  public boolean lengthen(final Run run, final int granules) {
    final Region region = run.region;
    final int end = run.first + run.granules;
    final int more = granules - run.granules;
    if (closed
        || !region.isBacked(end, more)
        || settings.idlePolicy() == IdlePolicy.UNMAP && !region.isOneMapping(run.first, granules)) {
      return false;
    }
    final int idle = region.countIdle(end, more);
    if (mappedGranules + more - idle > capacityGranules) {
      return false;
    }
    region.use(end, more);
    idleGranules -= idle;
    mappedGranules += more - idle;
    run.granules = granules;
    return true;
  }

  /**
   * Takes a longer run and moves the pages of an old one into it, without copying a byte; the old
   * run becomes a hole. To be called under the lock.
   *
   * @param to filled in if this succeeds
   * @return whether it did; otherwise nothing has changed for the caller
   */
  public boolean move(final Run from, final Run to, final int granules) {
    if (settings.idlePolicy() != IdlePolicy.UNMAP
        || !processMappings.allowsHole()
        || !from.region.isOneMapping(from.first, from.granules)
        || take(to, granules, 1, from.granules) != null) {
      return false;
    }
    // From here to the end of the critical section the limit may be exceeded by the credit: in the
    // books only, for the pages are moved, not doubled.
    Mapper.Outcome outcome = Mapper.Outcome.TAKEN;
    try {
      if (!to.pristine) {
        // Its contents are lost in any case. If it has to be given up, it must not hold memory.
        mapper.discard(to.address(), to.bytes());
      }
      outcome = mapper.movePages(from.address(), from.bytes(), to.address(), to.bytes());
    } finally {
      if (outcome != Mapper.Outcome.DONE) {
        takeBackAfterFailedMove(to, outcome);
      }
    }
    if (outcome != Mapper.Outcome.DONE) {
      return false;
    }
    to.region.moveIn(to.first, to.granules);
    final int added = from.region.mappingsAddedByUnmapping(from.first, from.granules);
    from.region.becomeHole(from.first, from.granules);
    mappedGranules -= from.granules;
    countMappings(added);
    dropIfDeserted(from.region);
    return true;
  }

  private void takeBackAfterFailedMove(final Run to, final Mapper.Outcome outcome) {
    if (outcome == Mapper.Outcome.REFUSED) {
      give(to, nanoClock.getAsLong());
      return;
    }
    final Region region = to.region;
    mappedGranules -= to.granules;
    final int added = region.mappingsAddedByUnmapping(to.first, to.granules);
    region.becomeHole(to.first, to.granules);
    if (mapper.mapHole(to.address(), to.bytes()) == Mapper.Outcome.DONE) {
      region.mapAgain(to.first, to.granules);
    } else {
      // Ours still, or a stranger's by now: it cannot be told which, so it is never touched again.
      region.lose(to.first, to.granules);
      countMappings(added);
    }
    dropIfDeserted(region);
  }

  // --- returning to the kernel -------------------------------------------------------------------

  /** Discards idle granules until so many are gone, or waits for those that are leaving. */
  private boolean makeRoom(final long granules) {
    if (leavingGranules > 0) {
      leavingChanged.awaitUninterruptibly();
      return true;
    }
    if (idleGranules == 0 || settings.idlePolicy() == IdlePolicy.KEEP) {
      return false;
    }
    long wanted = granules;
    final long now = nanoClock.getAsLong();
    for (int i = 0; i < regions.size() && wanted > 0; i++) {
      final Region region = regions.get(i);
      int from = region.nextDue(0, now);
      while (from >= 0 && wanted > 0) {
        final int most = (int) Math.min(wanted, MOST_GRANULES_AT_ONCE);
        final int count = region.endOfDue(from, now, most) - from;
        leave(region, from, count);
        Outcome outcome = Outcome.REFUSED;
        try {
          // Mapped they may stay: it is memory that is short here, not address space.
          outcome = returnToKernel(region, from, count, false);
        } finally {
          if (arrive(region, from, count, outcome)) {
            wanted -= count;
          }
        }
        from = region.nextDue(from + count, now);
      }
    }
    return wanted < granules;
  }

  /**
   * Returns to the kernel what was idle since the given time or longer. To be called
   * <em>without</em> the lock.
   *
   * @return the bytes returned
   */
  public long returnIdle(final long idleSinceNanos) {
    if (settings.idlePolicy() == IdlePolicy.KEEP) {
      return 0;
    }
    long returned = 0;
    for (final Region region : snapshot()) {
      returned += returnIdleOf(region, idleSinceNanos);
    }
    return returned;
  }

  private long returnIdleOf(final Region region, final long idleSinceNanos) {
    long returned = 0;
    int from = 0;
    while (true) {
      final int count;
      final boolean unmap;
      lock.lock();
      try {
        from = closed ? -1 : region.nextDue(from, idleSinceNanos);
        if (from < 0) {
          dropIfDeserted(region);
          return Geometry.bytesOf(returned);
        }
        count = region.endOfDue(from, idleSinceNanos, MOST_GRANULES_AT_ONCE) - from;
        unmap = settings.idlePolicy() == IdlePolicy.UNMAP && mayUnmap(region, from, count);
        leave(region, from, count);
      } finally {
        lock.unlock();
      }
      Outcome outcome = Outcome.REFUSED;
      try {
        outcome = returnToKernel(region, from, count, unmap);
      } finally {
        lock.lock();
        try {
          if (arrive(region, from, count, outcome)) {
            returned += count;
          }
        } finally {
          lock.unlock();
        }
      }
      from += count;
    }
  }

  private enum Outcome {
    UNMAPPED,
    DISCARDED,
    REFUSED
  }

  private boolean mayUnmap(final Region region, final int first, final int count) {
    return region.mappingsAddedByUnmapping(first, count) <= 0 || processMappings.allowsHole();
  }

  private void leave(final Region region, final int first, final int count) {
    region.leave(first, count);
    idleGranules -= count;
    leavingGranules += count;
  }

  /**
   * Tries one way, then the other: locked memory cannot be discarded, a full table not unmapped.
   */
  private Outcome returnToKernel(
      final Region region, final int first, final int count, final boolean unmap) {
    final long address = region.addressOf(first);
    final long bytes = Geometry.bytesOf(count);
    if (unmap && mapper.unmap(address, bytes)) {
      return Outcome.UNMAPPED;
    }
    if (mapper.discard(address, bytes)) {
      return Outcome.DISCARDED;
    }
    if (!unmap && settings.idlePolicy() == IdlePolicy.UNMAP && mapper.unmap(address, bytes)) {
      return Outcome.UNMAPPED;
    }
    return Outcome.REFUSED;
  }

  private boolean arrive(
      final Region region, final int first, final int count, final Outcome outcome) {
    leavingGranules -= count;
    leavingChanged.signalAll();
    switch (outcome) {
      case UNMAPPED -> {
        final int added = region.mappingsAddedByUnmapping(first, count);
        region.becomeHole(first, count);
        countMappings(added);
      }
      case DISCARDED -> region.becomeFresh(first, count);
      case REFUSED -> {
        // Kept, and tried again after another idle time.
        region.becomeIdle(first, count, nanoClock.getAsLong());
        idleGranules += count;
        return false;
      }
    }
    mappedGranules -= count;
    returnedGranules += count;
    return true;
  }

  /** A region that nobody uses any more is unmapped as a whole, but for its holes. */
  private void dropIfDeserted(final Region region) {
    if (settings.idlePolicy() == IdlePolicy.UNMAP
        && region.deserted()
        && regions.contains(region)
        && unmapAll(region)) {
      regions.remove(region);
      reservedGranules -= region.granules;
      listener.regionDropped(region);
    }
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
      final int added = region.mappingsAddedByUnmapping(from, count);
      region.use(from, count);
      region.becomeHole(from, count);
      countMappings(added);
      from = region.nextMapped(from + count);
    }
    return true;
  }

  private void countMappings(final int added) {
    mappings += added;
    processMappings.add(added);
  }

  private List<Region> snapshot() {
    lock.lock();
    try {
      return List.copyOf(regions);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Unmaps everything that is mapped, and refuses every request from now on. Idempotent.
   *
   * @return null, or why the kernel kept some of it
   */
  public PosixException close() {
    lock.lock();
    try {
      closed = true;
      while (leavingGranules > 0) {
        leavingChanged.awaitUninterruptibly();
      }
      PosixException refusal = null;
      for (final Region region : List.copyOf(regions)) {
        listener.regionDropped(region);
        if (unmapAll(region)) {
          regions.remove(region);
          reservedGranules -= region.granules;
        } else {
          refusal = mapper.lastRefusal();
        }
      }
      if (!mapper.unmapLeftovers()) {
        refusal = mapper.lastRefusal();
      }
      mappedGranules = 0;
      idleGranules = 0;
      return refusal;
    } finally {
      lock.unlock();
    }
  }

  // --- figures: all to be read under the lock, so that they belong together ----------------------

  /** Bytes of granules in use, idle, or on their way to the kernel; at most the capacity. */
  public long mappedBytes() {
    return Geometry.bytesOf(mappedGranules);
  }

  /** Bytes of granules that nobody uses and the kernel has not got back yet. */
  public long idleBytes() {
    return Geometry.bytesOf(idleGranules + leavingGranules);
  }

  /** Address space of all regions, mapped or not. */
  public long reservedBytes() {
    return Geometry.bytesOf(reservedGranules);
  }

  /** All bytes that were ever returned to the kernel, but for those of {@link #close()}. */
  public long returnedBytes() {
    return Geometry.bytesOf(returnedGranules);
  }

  /** The number of kernel mappings held, at most. */
  public int mappings() {
    return mappings;
  }

  /** Java-heap bytes that the regions' own tables take, about. */
  public long metadataBytes() {
    // A time stamp, an origin and four bits a granule, and some three hundred bytes a region.
    return reservedGranules * 12 + reservedGranules / 2 + 300L * regions.size();
  }

  /** Why the kernel refused last; null if it never did. May be read without the lock. */
  public PosixException lastRefusal() {
    return mapper.lastRefusal();
  }

  /**
   * When the oldest idle granule fell idle.
   *
   * @return null if none is idle or none will be returned; takes the lock
   */
  public Long oldestIdleNanos() {
    lock.lock();
    try {
      if (idleGranules == 0 || settings.idlePolicy() == IdlePolicy.KEEP || closed) {
        return null;
      }
      Long oldest = null;
      for (final Region region : regions) {
        if (region.idleCount() > 0) {
          final long since = region.oldestIdleNanos();
          oldest = oldest == null || since - oldest < 0 ? Long.valueOf(since) : oldest;
        }
      }
      return oldest;
    } finally {
      lock.unlock();
    }
  }
}
