package io.quarry.allocator;

import io.quarry.checks.WatchPolicy;
import io.quarry.checks.WatchedBlock;
import io.quarry.checks.WatchedBlocks;
import io.quarry.heap.Freed;
import io.quarry.heap.HeapTable;
import io.quarry.heap.Heaps;
import io.quarry.heap.LargeBlocks;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.region.Geometry;
import io.quarry.region.PageSource;
import io.quarry.region.Refusal;
import io.quarry.region.Region;
import io.quarry.region.RegionSettings;
import io.quarry.region.Regions;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An off-heap allocator on anonymous or {@linkplain Backing shared} mappings. It reserves large
 * regions with {@code mmap}, carves them into slabs of equal blocks, and returns slabs that fall
 * idle with {@code munmap}, in real time and without any further call.
 *
 * <p>Always detected and reported as {@link InvalidAddressException}: the free of an address that
 * is no block of this allocator, of one inside a block, and a second free that happens after the
 * first while the block has not been issued again. Not detected: a free after the block was issued
 * to somebody else, and any access through a view to a block that was freed; {@link Checks} find
 * some or most of these. Two threads that free one block at the same instant are found at the
 * latest when the owning thread next looks, counted in {@link AllocatorStats#misuseCount()}, and
 * reported to the {@link MisuseListener}.
 *
 * <p>All methods may be called by any thread, virtual ones included, also while another one is in
 * {@link #close()}; but no thread may touch a block after that.
 */
public final class SlabAllocator implements Allocator, AutoCloseable {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());

  /** The bits of a size that say it is not for the fast path; negative sizes have one as well. */
  private static final long NOT_SMALL = -SizeClasses.MAX_SMALL_BYTES;

  /**
   * How often a slow path calls itself before it does anything. The compiler inlines a method that
   * calls itself, and inlines it into itself once, but not twice: so what comes after is compiled
   * by itself, and never becomes part of a caller's loop, where it would take the registers from
   * the fast path. That costs 1 ns of 10 otherwise.
   */
  private static final int APART = 2;

  private final Heaps heaps;

  /** The table of {@link #heaps}. */
  private final HeapTable threads;

  /** The rows of {@link #threads}: two steps less. */
  private final Slab[][] rows;

  /** Null if no block is watched. */
  private final WatchedBlocks watched;

  private final Addresses addresses;
  private final Offsets offsets;

  /** Whose granules an arena uses; null for the whole allocator. Keeps it from being forgotten. */
  private final SlabAllocator parent;

  /** The whole allocator's. */
  private final Regions regions;

  private final LongSupplier nanoClock;
  private final long capacityBytes;
  private final long maxAlignmentBytes;
  private final ArenaSettings arenaSettings;
  private final StatsOfCensus statistics;
  private final Compactions compactions;
  private final Pressure pressure;
  private final Housekeeping housekeeping;
  private final Lifetime lifetime;

  private SlabAllocator(final AllocatorSettings settings) {
    final RegionSettings regionSettings = settings.regionSettings();
    parent = null;
    arenaSettings = settings.forArenas();
    capacityBytes = regionSettings.capacityBytes();
    nanoClock = arenaSettings.nanoClock();
    maxAlignmentBytes = regionSettings.regionBytes();
    final Posix posix = settings.posix();
    final PageSource pages = settings.backing().open(posix);
    regions = new Regions(posix, pages, nanoClock, regionSettings, new DirectoryUpkeep());
    // The agent must not keep the allocator itself alive: see Housekeeping.
    final Housekeeping[] chore = new Housekeeping[1];
    final Runnable wake = () -> Maintenance.wake(chore[0]);
    final WatchPolicy policy = settings.watchPolicy();
    heaps =
        new Heaps(
            regions,
            nanoClock,
            wake,
            settings.partialReturnCalls(),
            policy == null ? 0 : policy.intervalBytes());
    threads = heaps.table();
    rows = threads.rows();
    watched =
        policy == null ? null : WatchedBlocks.of(heaps, policy, capacityBytes, posix, nanoClock);
    addresses = new Addresses(heaps, watched);
    offsets = new Offsets(pages, regions, addresses);
    statistics = new StatsOfCensus(capacityBytes, watched);
    compactions = new Compactions(heaps.compactor(), nanoClock);
    final BackgroundCompaction compaction = arenaSettings.backgroundCompactionOf(heaps.compactor());
    pressure =
        new Pressure(
            regions,
            capacityBytes,
            settings.softLimitOf(heaps, regions, capacityBytes, compaction),
            wake);
    settings.addPressureListenersTo(pressure);
    housekeeping = new Housekeeping(this, heaps, arenaSettings, pressure, watched, compaction);
    chore[0] = housekeeping;
    lifetime =
        new Lifetime(
            null,
            heaps,
            housekeeping,
            pressure,
            watched,
            statistics,
            arenaSettings.closeListener());
    if (arenaSettings.isMaintained()) {
      Maintenance.add(housekeeping);
    }
  }

  /** An arena. */
  private SlabAllocator(final SlabAllocator parent, final long limitBytes) {
    this.parent = parent;
    arenaSettings = parent.arenaSettings;
    capacityBytes = limitBytes;
    nanoClock = parent.nanoClock;
    maxAlignmentBytes = parent.maxAlignmentBytes;
    regions = parent.regions;
    final Housekeeping[] chore = new Housekeeping[1];
    final Runnable wake = () -> Maintenance.wake(chore[0]);
    heaps = parent.heaps.newChild(limitBytes, nanoClock, wake);
    if (heaps == null) {
      throw closedException();
    }
    threads = heaps.table();
    rows = threads.rows();
    watched = parent.watched == null ? null : parent.watched.ofArena(heaps, limitBytes);
    addresses = new Addresses(heaps, watched);
    offsets = parent.offsets.ofArena(addresses);
    statistics = new StatsOfCensus(capacityBytes, watched);
    compactions = new Compactions(heaps.compactor(), nanoClock);
    pressure = new Pressure(heaps.granules(), capacityBytes, null, wake);
    housekeeping =
        new Housekeeping(
            this,
            heaps,
            arenaSettings,
            pressure,
            watched,
            arenaSettings.backgroundCompactionOf(heaps.compactor()));
    chore[0] = housekeeping;
    lifetime =
        new Lifetime(
            parent.lifetime,
            heaps,
            housekeeping,
            pressure,
            watched,
            statistics,
            arenaSettings.closeListener());
  }

  /**
   * An allocator whose capacity is what the machine or the container can give: the smallest limit
   * up the cgroup hierarchy, less what the Java heap and direct memory may take and a margin;
   * without a limit, half of the memory that is available. How it came out is logged.
   *
   * @throws UnsupportedOperationException on a platform without {@code mmap}
   */
  public static SlabAllocator create() {
    return builder().build();
  }

  /** For an allocator with other settings than the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  // --- allocating --------------------------------------------------------------------------------

  @Override
  public long malloc(final long size) {
    if ((size & NOT_SMALL) == 0) {
      final Thread thread = Thread.currentThread();
      final Slab slab = HeapTable.slabAt(rows, thread, (int) size);
      if (slab.mayTake(thread)) {
        return slab.take();
      }
    }
    return mallocApart(size, 0);
  }

  /** {@link #mallocSlow}, called {@link #APART}. */
  private long mallocApart(final long size, final int calls) {
    return calls < APART ? mallocApart(size, calls + 1) : mallocSlow(size);
  }

  private long mallocSlow(final long size) {
    if (size >= 0 && size <= SizeClasses.MAX_CLASS_BYTES) {
      final long address =
          (size & NOT_SMALL) == 0 ? threads.takeSmall((int) size) : threads.takeMedium((int) size);
      if (address != NULL) {
        return address;
      }
    }
    return orThrow("malloc", size, allocatePatiently(size, 1));
  }

  @Override
  public long tryMalloc(final long size) {
    if ((size & NOT_SMALL) == 0) {
      final Thread thread = Thread.currentThread();
      final Slab slab = HeapTable.slabAt(rows, thread, (int) size);
      if (slab.mayTake(thread)) {
        return slab.take();
      }
    }
    return tryMallocApart(size, 0);
  }

  /** {@link #tryMalloc} where it is not fast, called {@link #APART}. */
  private long tryMallocApart(final long size, final int calls) {
    return calls < APART ? tryMallocApart(size, calls + 1) : orNull(allocate(size, 1));
  }

  /**
   * The address, tagged as {@link Heaps#allocate} says; or a negative refusal.
   *
   * @param alignment a power of two, at most that of a region
   */
  private long allocate(final long size, final long alignment) {
    if (size < 0) {
      checkOpen();
      throw new IllegalArgumentException("size " + size + ": expected 0 or more bytes");
    }
    return watched == null ? heaps.allocate(size, alignment) : watched.allocate(size, alignment);
  }

  /**
   * As {@link #allocate}, but a request that is refused at a limit waits until the pressure
   * listeners were called, if there are any, and is made again.
   */
  private long allocatePatiently(final long size, final long alignment) {
    long outcome = allocate(size, alignment);
    if (outcome < 0 && Heaps.refusal(outcome).isLimit()) {
      final Patience patience = new Patience();
      while (outcome < 0
          && Heaps.refusal(outcome).isLimit()
          && patience.awaitListeners(this, Heaps.refusal(outcome))) {
        outcome = allocate(size, alignment);
      }
    }
    return outcome;
  }

  /** Waits until the listeners of whoever refused were called; false if that is of no use. */
  boolean awaitPressureListeners(final Refusal refusal, final long deadlineNanos) {
    if (!arenaSettings.isMaintained()) {
      return false;
    }
    boolean called = pressure.awaitListeners(deadlineNanos);
    for (SlabAllocator above = parent;
        refusal == Refusal.PARENT_LIMIT && above != null;
        above = above.parent) {
      called |= above.pressure.awaitListeners(deadlineNanos);
    }
    return called;
  }

  private long orThrow(final String call, final long size, final long outcome) {
    if (outcome > 0) {
      return Heaps.untagged(outcome);
    }
    final Refusal refusal = Heaps.refusal(outcome);
    if (refusal == Refusal.CLOSED) {
      throw closedException();
    }
    throw Exhaustion.of(call, size, refusal, stats(), regions);
  }

  private long orNull(final long outcome) {
    if (outcome > 0) {
      return Heaps.untagged(outcome);
    }
    checkOpen(); // a request that could never be met is refused before that is looked at
    return NULL;
  }

  @Override
  public long calloc(final long count, final long size) {
    if (count < 0 || size < 0) {
      checkOpen();
      throw new IllegalArgumentException(
          "calloc(" + count + ", " + size + "): expected a count and a size of 0 or more");
    }
    if (Math.multiplyHigh(count, size) != 0 || count * size < 0) {
      checkOpen();
      throw new IllegalArgumentException(
          "calloc(" + count + ", " + size + "): the product is more than a long can hold");
    }
    final long bytes = count * size;
    if ((bytes & NOT_SMALL) == 0) {
      final Thread thread = Thread.currentThread();
      final Slab slab = HeapTable.slabAt(rows, thread, (int) bytes);
      if (slab.mayTake(thread)) {
        final long address = slab.take();
        clear(address, bytes, slab);
        return address;
      }
    }
    final long outcome = allocatePatiently(bytes, 1);
    final long address = orThrow("calloc", bytes, outcome);
    if (!Heaps.isKnownZero(outcome)) {
      clear(address, bytes, SlabDirectory.slabAt(address));
    }
    return address;
  }

  /** Fills a new block of a slab with zeros; if it cannot, frees it. */
  private void clear(final long address, final long bytes, final Slab slab) {
    final int entered = enterCall();
    boolean cleared = false;
    try {
      if (bytes <= Region.MOST_CLEARED) {
        slab.run().region().clear(address, (int) bytes); // may need memory of the Java heap once
      } else {
        NativeMemory.fill(address, bytes, (byte) 0);
      }
      cleared = true;
    } finally {
      heaps.leaveCall(entered);
      if (!cleared) {
        free(address);
      }
    }
  }

  /** Begins to touch memory, which must not be given away before {@link Heaps#leaveCall}. */
  private int enterCall() {
    final int entered = heaps.enterCall();
    if (entered < 0) {
      throw closedException();
    }
    return entered;
  }

  @Override
  public long alignedAlloc(final long alignment, final long size) {
    if (Long.bitCount(alignment) != 1 || alignment < 0) {
      checkOpen();
      throw new IllegalArgumentException(
          "alignment " + alignment + ": expected a power of two, such as 64 or 4096");
    }
    if (alignment > maxAlignmentBytes) {
      checkOpen();
      throw new IllegalArgumentException(
          "alignment " + alignment + ": expected at most the region size, " + maxAlignmentBytes);
    }
    if (alignment <= SizeClasses.QUANTUM || size < 0) {
      return malloc(size);
    }
    return orThrow("alignedAlloc", size, allocatePatiently(size, alignment));
  }

  @Override
  public long realloc(final long address, final long newSize) {
    if (newSize < 0) {
      checkOpen();
      throw new IllegalArgumentException("size " + newSize + ": expected 0 or more bytes");
    }
    if (address == NULL) {
      return malloc(newSize);
    }
    checkOpen();
    final int entered = enterCall();
    try {
      return reallocEntered(address, newSize);
    } finally {
      heaps.leaveCall(entered);
    }
  }

  private long reallocEntered(final long address, final long newSize) {
    final Slab slab = addresses.liveBlockAt(address, "realloc");
    final long oldSize = addresses.usableBytes(slab, address);
    final long resized = resizedInPlace(slab, address, newSize);
    if (resized != NULL) {
      return resized;
    }
    final long moved = allocatedToGrow(newSize > oldSize, newSize);
    NativeMemory.copy(address, moved, Math.min(oldSize, newSize));
    try {
      free(address);
    } catch (final InvalidAddressException freedMeanwhile) {
      free(moved);
      throw freedMeanwhile;
    }
    return moved;
  }

  /**
   * A block for the contents of another. Who makes a block longer is likely to do it again: so
   * where that wastes nothing, the new one is a run of granules by itself, which can grow in place.
   */
  private long allocatedToGrow(final boolean grows, final long newSize) {
    if (grows && watched == null && LargeBlocks.areAsSmallFor(newSize)) {
      final long outcome = heaps.large().allocate(newSize, 1);
      if (outcome > 0) {
        return Heaps.untagged(outcome);
      }
    }
    return orThrow("realloc", newSize, allocatePatiently(newSize, 1));
  }

  /** The address of a block after it was resized without copying; NULL if that cannot be. */
  private long resizedInPlace(final Slab slab, final long address, final long newSize) {
    final WatchedBlock block = addresses.watchedAt(slab, address);
    if (slab.sizeClass() != Slab.LARGE) {
      final boolean fits =
          newSize <= SizeClasses.MAX_CLASS_BYTES
              && SizeClasses.of((int) newSize) == slab.sizeClass();
      return fits && block == null ? address : NULL;
    }
    if (block != null) {
      return newSize > SizeClasses.MAX_CLASS_BYTES ? watched.resize(block, newSize) : NULL;
    }
    return LargeBlocks.areAsSmallFor(newSize) ? heaps.large().resize(slab, newSize) : NULL;
  }

  // --- freeing -----------------------------------------------------------------------------------

  @Override
  public void free(final long address) {
    if (!freeFast(SlabDirectory.guessAt(address), address)) {
      freeApart(address, 0);
    }
  }

  /** Frees into a slab of the calling thread's own heap, if that is all there is to it. */
  private boolean freeFast(final Slab slab, final long address) {
    return slab.isFastFor(Thread.currentThread(), heaps) && slab.freeFast(address);
  }

  /** {@link #freeSlow}, called {@link #APART}. */
  private void freeApart(final long address, final int calls) {
    if (calls < APART) {
      freeApart(address, calls + 1);
    } else {
      freeSlow(address);
    }
  }

  private void freeSlow(final long address) {
    checkOpen();
    if (address == NULL || heaps.freeRemote(SlabDirectory.guessAt(address), address)) {
      return;
    }
    final Slab slab = SlabDirectory.slabAt(address);
    if (slab != SlabDirectory.guessAt(address) && freeFast(slab, address)) {
      // The guess was another slab, 4 GiB away or a multiple of it. Next time it is this one.
      SlabDirectory.guess(address, slab);
      return;
    }
    Freed freed = heaps.free(slab, address);
    if (freed != Freed.FREED) {
      if (freed == Freed.WATCHED) {
        freed = watched.free(slab, address);
      }
      if (freed != Freed.FREED) {
        throw addresses.invalid(freed, address, "free");
      }
    }
  }

  @Override
  public void free(final long address, final long size) {
    if (size < 0) {
      checkOpen();
      throw new IllegalArgumentException("size " + size + ": expected 0 or more bytes");
    }
    checkOpen();
    if (address != NULL) {
      addresses.checkSize(address, size);
    }
    free(address);
  }

  @Override
  public long usableSize(final long address) {
    checkOpen();
    return addresses.usableBytes(addresses.liveBlockAt(address, "usableSize"), address);
  }

  private void checkOpen() {
    if (heaps.isClosed()) {
      throw closedException();
    }
  }

  static IllegalStateException closedException() {
    return new IllegalStateException("this allocator, or this arena of one, is closed");
  }

  // --- views -------------------------------------------------------------------------------------

  /**
   * A view of part of a block, or all of it. It must not be touched once the block is freed: with
   * {@link ReturnMode#UNMAP} that may end the JVM.
   *
   * @param address an address in a live block
   * @param length bytes, to the end of the block at most
   * @throws InvalidAddressException if the range is not within one live block
   * @throws IllegalStateException if the JVM was started without {@code
   *     --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED}, which Agrona needs, or the allocator
   *     is closed
   */
  public UnsafeBuffer buffer(final long address, final int length) {
    checkView(length);
    addresses.blockAround(address, length, "buffer");
    return NativeMemory.unsafeBuffer(address, length);
  }

  /**
   * A view of part of a block, or all of it, big-endian as all new buffers are. Needs no JVM
   * option. It must not be touched once the block is freed: with {@link ReturnMode#UNMAP} that may
   * end the JVM.
   *
   * @param address an address in a live block
   * @param length bytes, to the end of the block at most
   * @throws InvalidAddressException if the range is not within one live block
   * @throws IllegalStateException if the allocator is closed
   */
  public ByteBuffer byteBuffer(final long address, final int length) {
    checkView(length);
    return Views.byteBuffer(addresses.blockAround(address, length, "byteBuffer"), address, length);
  }

  private void checkView(final int length) {
    checkOpen();
    if (length < 0) {
      throw new IllegalArgumentException("length " + length + ": expected 0 or more bytes");
    }
  }

  /**
   * Allocates a block that frees itself when closed.
   *
   * @throws OffHeapExhaustedException as {@link #malloc}
   */
  public Block newBlock(final long size) {
    return new Block(this, size);
  }

  /**
   * Allocates a block that frees itself when the last of its users closes it.
   *
   * @throws OffHeapExhaustedException as {@link #malloc}
   */
  public SharedBlock newSharedBlock(final long size) {
    return new SharedBlock(this, size);
  }

  // --- blocks in other processes -----------------------------------------------------------------

  /**
   * The offset of a block in the file that this allocator stands on, by which other processes find
   * it: see {@link SharedBlocks}. It stays the same for as long as the block lives at its address.
   *
   * @throws InvalidAddressException if no live block starts at the address
   * @throws IllegalStateException if the {@link Builder#backing} is not a shared one, or the
   *     allocator is closed
   */
  public long offsetOf(final long address) {
    checkOpen();
    return offsets.offsetOf(address);
  }

  /**
   * The address of a block, by its offset. Takes a lock that allocations of slabs take as well.
   *
   * @throws InvalidOffsetException if no region of this allocator has the offset
   * @throws InvalidAddressException if no live block starts there
   * @throws IllegalStateException as {@link #offsetOf}
   */
  public long addressOf(final long offset) {
    checkOpen();
    return offsets.addressOf(offset);
  }

  /**
   * Where other processes find the blocks: the path to give to {@link SharedBlocks#attach}.
   *
   * @throws IllegalStateException as {@link #offsetOf}
   */
  public Path backingPath() {
    checkOpen();
    return offsets.path();
  }

  // --- the whole ---------------------------------------------------------------------------------

  /**
   * Makes an arena: an allocator within this one, with a limit of its own. All that it holds counts
   * in the figures of this one as well, down to the byte, and is limited by its capacity too.
   *
   * <p>{@link #close} ends an arena as a whole, whatever is live in it, at the cost of its slabs
   * and not of its blocks; its memory then serves this allocator at once. To close an allocator
   * closes its arenas first. An address of an arena is {@link
   * InvalidAddressException.Reason#FOREIGN} to every other, and to this one. Settings are those of
   * this allocator, but for the pressure listeners: those of an arena hear of its own limit.
   *
   * @param limitBytes the hard limit on the arena's mapped bytes, rounded down to 64 KiB; at least
   *     that, and at most the capacity of this allocator
   * @throws IllegalArgumentException if it is not
   * @throws IllegalStateException if this allocator is closed
   */
  public SlabAllocator newArena(final long limitBytes) {
    checkOpen();
    if (limitBytes < Geometry.GRANULE_BYTES || limitBytes > capacityBytes) {
      throw new IllegalArgumentException(
          "limit "
              + limitBytes
              + ": expected at least 65536 bytes, which is the smallest slab, and at most the"
              + " capacity, "
              + capacityBytes);
    }
    final SlabAllocator arena = new SlabAllocator(this, limitBytes & -Geometry.GRANULE_BYTES);
    arena.begin();
    return arena;
  }

  /** Apart from the constructor, so that nobody sees an arena that is half made. */
  private void begin() {
    try {
      parent.lifetime.add(lifetime);
    } catch (final IllegalStateException parentIsClosed) {
      lifetime.end();
      throw parentIsClosed;
    }
    if (arenaSettings.isMaintained()) {
      Maintenance.add(housekeeping);
    }
  }

  /**
   * Adds a listener that hears when this allocator's, or this arena's, memory becomes scarce.
   *
   * @param share of the capacity, more than 0 and at most 1; the listener is called when the bytes
   *     of slabs reach it
   */
  public void addPressureListener(final double share, final PressureListener listener) {
    checkOpen();
    pressure.add(share, listener);
  }

  /** Removes a listener; it may be running at this moment, for the last time. */
  public void removePressureListener(final PressureListener listener) {
    pressure.remove(listener);
  }

  /**
   * Returns to the kernel everything that is idle now, without waiting for the idle time. An arena
   * gives what is empty to the allocator that it is part of, where it is idle.
   *
   * @return the number of bytes returned, or given
   */
  public long trim() {
    checkOpen();
    if (parent == null) {
      heaps.retireEmpties();
      return regions.returnIdle(nanoClock.getAsLong());
    }
    final long before = returnedBytes();
    heaps.retireEmpties();
    return returnedBytes() - before;
  }

  private long returnedBytes() {
    regions.lock().lock();
    try {
      return heaps.granules().returnedBytes();
    } finally {
      regions.lock().unlock();
    }
  }

  /**
   * Moves blocks out of slabs that are used by little, as far as the relocator agrees, so that
   * whole slabs become free. They are idle then: {@link #trim()} returns them at once.
   *
   * <p>Blocks larger than 1 MiB, and those of 64 KiB or more that {@code realloc} made longer, have
   * slabs of their own and stay where they are, and so do those in slabs from which another thread
   * allocates at the moment: at most one slab for each size class that it uses. So do blocks that
   * are {@linkplain Checks checked}. Those of arenas are theirs to compact. Works at the capacity
   * limit too: up to 1 MiB of it, and at most 1/128, is kept for this. Other threads allocate and
   * free meanwhile; another compaction waits.
   *
   * @throws IllegalStateException if called from within a callback of a compaction, or if the
   *     allocator is closed
   */
  public CompactionResult compact(final Relocator relocator) {
    return compact(relocator, Long.MAX_VALUE, ChronoUnit.FOREVER.getDuration());
  }

  /**
   * A slice of a compaction; call it again to go on.
   *
   * @param maxBytes ends when so many bytes were moved; by one block more at most
   * @param maxTime ends when so much time has passed, the time of the call that is under way then
   *     not counted
   * @throws IllegalArgumentException if one of these is negative
   * @throws IllegalStateException as {@link #compact(Relocator)}
   */
  public CompactionResult compact(
      final Relocator relocator, final long maxBytes, final Duration maxTime) {
    checkOpen();
    Objects.requireNonNull(relocator, "relocator");
    if (maxBytes < 0 || maxTime.isNegative()) {
      throw new IllegalArgumentException(
          "budget " + maxBytes + " bytes, " + maxTime + ": expected zero or more of both");
    }
    final CompactionResult result =
        compactions.compact(relocator, maxBytes, AllocatorSettings.nanosOf(maxTime));
    checkOpen();
    return result;
  }

  /** Counts everything. Takes time in proportion to the number of slabs, and a lock meanwhile. */
  public AllocatorStats stats() {
    checkOpen();
    final AllocatorStats now = statistics.of(heaps.census());
    checkOpen();
    return now;
  }

  /**
   * Bytes of this allocator's memory that are resident now. Asks the kernel about each page that is
   * mapped ({@code mincore}), so it takes time in proportion to that, some 10 ms for a gigabyte;
   * {@link #stats()} does not. At most {@link AllocatorStats#mappedBytes()}, but for memory that
   * was not written, only read: the kernel counts a shared page of zeros as resident here, and not
   * in the process's RSS. What is swapped out is not resident.
   */
  public long residentBytes() {
    checkOpen();
    return parent == null ? regions.residentBytes() : heaps.residentBytes();
  }

  /**
   * Ends it all: every block is gone, whether it was freed or not, and every view becomes invalid.
   * Arenas of this allocator are closed first. The memory of an arena serves the allocator that it
   * is part of at once; that of a whole allocator is unmapped. What was live is reported to the
   * {@link Builder#closeListener}, and logged.
   *
   * <p>Idempotent; every later call of another method throws {@link IllegalStateException}. So may
   * calls by other threads that are under way. Waits for those that touch memory at the moment, and
   * for a running compaction to end after the block it is at.
   *
   * @throws IllegalStateException if called from within a callback of a compaction; nothing was
   *     closed then
   */
  @Override
  public void close() {
    lifetime.end();
    if (parent == null) {
      final RuntimeException refusal = regions.close();
      if (refusal != null) {
        LOG.log(Level.WARNING, "the kernel kept some of a closed allocator's memory", refusal);
      }
    }
  }

  /** Does at once what the maintenance thread would do; for tests with a clock of their own. */
  long housekeep() {
    return housekeeping.run();
  }

  /** Settings of an allocator. Not safe for use by several threads. */
  public static final class Builder {
    private final AllocatorSettings settings = new AllocatorSettings();

    private Builder() {}

    /**
     * The hard limit on mapped bytes, rounded down to 64 KiB; at least that. The default is derived
     * from the machine or the container.
     */
    public Builder capacity(final long bytes) {
      settings.capacity(bytes);
      return this;
    }

    /**
     * How long a slab stays mapped after its last block was freed. Default 1 s. Zero returns it as
     * soon as the maintenance thread gets to it.
     */
    public Builder idleTime(final Duration time) {
      settings.idleTime(time);
      return this;
    }

    /**
     * The size of the regions that are reserved, a power of two from 2 MiB to 1 GiB. Default 256
     * MiB, or what the capacity needs if that is less. Reserving costs address space, not memory.
     */
    public Builder regionSize(final long bytes) {
      settings.regionSize(bytes);
      return this;
    }

    /** How idle memory goes back to the kernel. Default {@link ReturnMode#UNMAP}. */
    public Builder returnMode(final ReturnMode mode) {
      settings.returnMode(mode);
      return this;
    }

    /** What the blocks are made of. Default {@link Backing#privateMemory()}. */
    public Builder backing(final Backing kind) {
      settings.backing(kind);
      return this;
    }

    /**
     * How many system calls a second the maintenance thread may spend on giving back pages without
     * a live block in slabs that stay in use. A page is given back when it held no live block for
     * the {@link #idleTime}, and nothing was allocated from its slab meanwhile; a call takes one to
     * a few microseconds. Default 4000. Zero: never, and then memory goes back by whole slabs only;
     * nor does it with {@link ReturnMode#NEVER}.
     */
    public Builder partialReturnCalls(final int perSecond) {
      settings.partialReturnCalls(perSecond);
      return this;
    }

    /** Who hears of bad frees that are found late. The default logs them as errors. */
    public Builder misuseListener(final MisuseListener listener) {
      settings.misuseListener(listener);
      return this;
    }

    /**
     * Who has the addresses of the blocks changed, so that they can be moved in the background.
     * Default: nobody, and no block is moved.
     */
    public Builder relocator(final Relocator mover) {
      settings.relocator(mover);
      return this;
    }

    /**
     * The share of the bytes of slabs that should be live, if there is a {@link #relocator}.
     * Default 0.95. What falls below it is compacted in the background, at the price of {@code u /
     * (1 - u)} bytes copied for each byte set free at a utilisation of {@code u}; of slabs that
     * hold nothing, no more are kept than the same share leaves unused. While nothing is allocated
     * or freed, the target is 0.8 of the way from here to 1.
     *
     * @param share more than 0, less than 1
     */
    public Builder targetUtilisation(final double share) {
      settings.targetUtilisation(share);
      return this;
    }

    /**
     * Adds a listener that hears when memory becomes scarce. There may be several; a listener that
     * is added twice has the share that was given last. {@link SlabAllocator#addPressureListener}
     * adds them later, and to arenas.
     *
     * @param share of the capacity, more than 0 and at most 1; the listener is called when the
     *     bytes of slabs reach it
     */
    public Builder pressureListener(final double share, final PressureListener listener) {
      settings.pressureListener(share, listener);
      return this;
    }

    /**
     * A limit on mapped bytes that is kept as far as nobody has to go without: when it is exceeded,
     * the maintenance thread returns everything idle, compacts if there is a {@link #relocator},
     * and if that is not enough calls the pressure listeners. Rounded down to 64 KiB; less than the
     * capacity. Default: none.
     */
    public Builder softLimit(final long bytes) {
      settings.softLimit(bytes);
      return this;
    }

    /** Who hears what was live when the allocator, or an arena of it, was closed. */
    public Builder closeListener(final CloseListener listener) {
      settings.closeListener(listener);
      return this;
    }

    /**
     * How much is found out about misused blocks, in this allocator and its arenas. Default: what
     * {@code -Dquarry.checks} says, which is {@code standard}, {@code sampled} or {@code full};
     * without it, {@link Checks#STANDARD}.
     */
    public Builder checks(final Checks mode) {
      settings.checks(mode);
      return this;
    }

    /**
     * How many bytes are allocated, on average, for each block that is checked with {@link
     * Checks#SAMPLED}. Default: what {@code -Dquarry.sampleInterval} says; without it, 8 MiB.
     *
     * @param bytes 1 or more
     */
    public Builder sampleInterval(final long bytes) {
      settings.sampleInterval(bytes);
      return this;
    }

    /** The kernel, for tests. */
    Builder posix(final Posix kernel) {
      settings.posix(kernel);
      return this;
    }

    /** The time, for tests; the allocator is not maintained by itself then. */
    Builder clock(final LongSupplier clock) {
      settings.clock(clock);
      return this;
    }

    /**
     * Makes the allocator. No memory is mapped before the first allocation, but for the header of a
     * shared {@link #backing}.
     *
     * @throws io.quarry.posix.PosixException if the file of a shared backing cannot be made
     * @throws IllegalArgumentException if something is at the path of a {@link Backing#file}
     * @throws UnsupportedOperationException on a platform without {@code mmap}, or where the native
     *     part of jnr-ffi cannot be loaded; the message says what to do
     */
    public SlabAllocator build() {
      return new SlabAllocator(settings);
    }
  }
}
