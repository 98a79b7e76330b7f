package io.quarry.allocator;

import io.quarry.heap.Census;
import io.quarry.heap.Compactor;
import io.quarry.heap.Freed;
import io.quarry.heap.HeapTable;
import io.quarry.heap.Heaps;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.region.Geometry;
import io.quarry.region.IdlePolicy;
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
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An off-heap allocator on anonymous mappings. It reserves large regions with {@code mmap}, carves
 * them into slabs of equal blocks, and returns slabs that fall idle with {@code munmap}, in real
 * time and without any further call.
 *
 * <p>Always detected and reported as {@link InvalidAddressException}: the free of an address that
 * is no block of this allocator, of one inside a block, and a second free that happens after the
 * first while the block has not been issued again. Not detected: a free after the block was issued
 * to somebody else, and any access through a view to a block that was freed. Two threads that free
 * one block at the same instant are found at the latest when the owning thread next looks, counted
 * in {@link AllocatorStats#misuseCount()}, and reported to the {@link MisuseListener}.
 *
 * <p>All methods may be called by any thread, virtual ones included. {@link #close()} must not run
 * while another thread is in the middle of a call or still touches a block.
 */
public final class SlabAllocator implements Allocator, AutoCloseable {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());

  /** The bits of a size that say it is not for the fast path; negative sizes have one as well. */
  private static final long NOT_SMALL = -SizeClasses.MAX_SMALL_BYTES;

  private final Heaps heaps;

  /** The table of {@link #heaps}: one step less on the fast path. */
  private final HeapTable threads;

  private final Addresses addresses;
  private final Regions regions;
  private final LongSupplier nanoClock;
  private final long capacityBytes;
  private final long maxAlignmentBytes;
  private final Compactions compactions;
  private final Housekeeping housekeeping;

  private SlabAllocator(final Builder builder) {
    capacityBytes = builder.capacityOrDefault();
    nanoClock = builder.nanoClock;
    final RegionSettings settings =
        new RegionSettings(capacityBytes, builder.regionSizeFor(capacityBytes), builder.policy());
    maxAlignmentBytes = settings.regionBytes();
    regions = new Regions(builder.posix(), nanoClock, settings, new DirectoryUpkeep());
    // The agent must not keep the allocator itself alive: see Housekeeping.
    final Housekeeping[] chore = new Housekeeping[1];
    heaps =
        new Heaps(regions, nanoClock, () -> Maintenance.wake(chore[0]), builder.partialReturnCalls);
    threads = heaps.table();
    addresses = new Addresses(heaps);
    compactions = new Compactions(heaps.compactor(), nanoClock);
    housekeeping =
        new Housekeeping(
            this,
            heaps,
            regions,
            builder.idleNanos,
            nanoClock,
            builder.misuseListener,
            builder.backgroundCompactionOf(heaps.compactor()));
    chore[0] = housekeeping;
    if (builder.maintained) {
      Maintenance.add(housekeeping);
    }
  }

  /** Keeps the directory of slabs in step with the regions. */
  private static final class DirectoryUpkeep implements Regions.Listener {
    @Override
    public void regionReserved(final long base, final long bytes) {
      SlabDirectory.prepare(base, bytes);
    }

    @Override
    public void regionDropped(final Region region) {
      SlabDirectory.clear(region);
    }
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
      final Slab slab = threads.currentSlab((int) size);
      if (slab.hasCandidate()) {
        return slab.take();
      }
    }
    return mallocSlow(size);
  }

  /** Apart, so that it is compiled by itself and the callers of malloc stay small. */
  private long mallocSlow(final long size) {
    if ((size & NOT_SMALL) == 0) {
      final Slab slab = threads.currentSlab((int) size);
      if (slab.hasCandidate() || slab.reload()) {
        return slab.take();
      }
    }
    final long outcome = allocate(size);
    if (outcome > 0) {
      return Heaps.untagged(outcome);
    }
    if (Heaps.refusal(outcome) == Refusal.CLOSED) {
      throw closedException();
    }
    throw exhausted("malloc", size, Heaps.refusal(outcome));
  }

  @Override
  public long tryMalloc(final long size) {
    if ((size & NOT_SMALL) == 0) {
      final Slab slab = threads.currentSlab((int) size);
      if (slab.hasCandidate()) {
        return slab.take();
      }
    }
    return orNull(allocate(size));
  }

  /** The address, tagged if the block is known to be zero; or a negative refusal. */
  private long allocate(final long size) {
    if (size < 0) {
      checkOpen();
      throw new IllegalArgumentException("size " + size + ": expected 0 or more bytes");
    }
    return size <= SizeClasses.MAX_CLASS_BYTES
        ? heaps.allocate(SizeClasses.of((int) size))
        : heaps.large().allocate(size, 1);
  }

  private long orThrow(final String call, final long size, final long outcome) {
    if (outcome > 0) {
      return Heaps.untagged(outcome);
    }
    final Refusal refusal = Heaps.refusal(outcome);
    if (refusal == Refusal.CLOSED) {
      throw closedException();
    }
    throw exhausted(call, size, refusal);
  }

  private long orNull(final long outcome) {
    if (outcome > 0) {
      return Heaps.untagged(outcome);
    }
    checkOpen(); // a request that could never be met is refused before that is looked at
    return NULL;
  }

  private OffHeapExhaustedException exhausted(
      final String call, final long size, final Refusal refusal) {
    final OffHeapExhaustedException.Reason reason =
        switch (refusal) {
          case LIMIT -> OffHeapExhaustedException.Reason.LIMIT;
          case MAP_COUNT -> OffHeapExhaustedException.Reason.MAP_COUNT;
          case TOO_LARGE -> OffHeapExhaustedException.Reason.TOO_LARGE;
          default -> OffHeapExhaustedException.Reason.OS_REFUSED;
        };
    final String advice =
        switch (reason) {
          case LIMIT -> "the capacity is reached: free blocks or build with a larger capacity";
          case MAP_COUNT -> "a quarter of vm.max_map_count is in use: raise it with sysctl";
          case TOO_LARGE -> "more than the capacity, or than one mapping can hold";
          default -> "the operating system refused: " + regions.lastRefusal();
        };
    final AllocatorStats stats = stats();
    return new OffHeapExhaustedException(
        reason,
        call + " of " + size + " bytes: " + reason + ", " + advice + "\n" + stats.toText(),
        stats,
        reason == OffHeapExhaustedException.Reason.OS_REFUSED ? regions.lastRefusal() : null);
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
    final long outcome = allocate(bytes);
    final long address = orThrow("calloc", bytes, outcome);
    if (!Heaps.isKnownZero(outcome)) {
      NativeMemory.fill(address, bytes, (byte) 0);
    }
    return address;
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
    final int sizeClass =
        alignment <= Geometry.GRANULE_BYTES && size <= SizeClasses.MAX_CLASS_BYTES
            ? SizeClasses.ofAligned((int) size, (int) alignment)
            : -1;
    final long outcome =
        sizeClass >= 0 ? heaps.allocate(sizeClass) : heaps.large().allocate(size, alignment);
    return orThrow("alignedAlloc", size, outcome);
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
    final Slab slab = addresses.liveBlockAt(address, "realloc");
    if (slab.sizeClass() == Slab.LARGE) {
      final long resized =
          newSize > SizeClasses.MAX_CLASS_BYTES ? heaps.large().resize(slab, newSize) : NULL;
      if (resized != NULL) {
        return resized;
      }
    } else if (newSize <= SizeClasses.MAX_CLASS_BYTES
        && SizeClasses.of((int) newSize) == slab.sizeClass()) {
      return address;
    }
    final long moved = orThrow("realloc", newSize, allocate(newSize));
    NativeMemory.copy(address, moved, Math.min(slab.blockBytes(), newSize));
    try {
      free(address);
    } catch (final InvalidAddressException freedMeanwhile) {
      free(moved);
      throw freedMeanwhile;
    }
    return moved;
  }

  // --- freeing -----------------------------------------------------------------------------------

  @Override
  public void free(final long address) {
    if (!freeFast(SlabDirectory.guessAt(address), address)) {
      freeSlow(address);
    }
  }

  /** Frees into a slab of the calling thread's own heap, if that is all there is to it. */
  private boolean freeFast(final Slab slab, final long address) {
    if (!slab.isFastFor(Thread.currentThread(), heaps)) {
      return false;
    }
    final long word = slab.freeFast(address);
    if (word == -1L && !slab.isCurrentPlain()) {
      Heaps.noticeEmptyWord(slab);
    }
    return word != 0;
  }

  private void freeSlow(final long address) {
    checkOpen();
    if (address == NULL) {
      return;
    }
    final Slab slab = SlabDirectory.slabAt(address);
    if (slab != SlabDirectory.guessAt(address) && freeFast(slab, address)) {
      // The guess was another slab, 4 GiB away or a multiple of it. Next time it is this one.
      SlabDirectory.guess(address, slab);
      return;
    }
    final Freed freed = heaps.free(address);
    if (freed != Freed.FREED) {
      throw addresses.invalid(freed, address, "free");
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
    return addresses.liveBlockAt(address, "usableSize").blockBytes();
  }

  private void checkOpen() {
    if (heaps.isClosed()) {
      throw closedException();
    }
  }

  static IllegalStateException closedException() {
    return new IllegalStateException("this allocator is closed");
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
    return Views.unsafeBuffer(address, length);
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

  // --- the whole ---------------------------------------------------------------------------------

  /**
   * Returns to the kernel everything that is idle now, without waiting for the idle time.
   *
   * @return the number of bytes returned
   */
  public long trim() {
    checkOpen();
    heaps.retireEmpties();
    return regions.returnIdle(nanoClock.getAsLong());
  }

  /**
   * Moves blocks out of slabs that are used by little, as far as the relocator agrees, so that
   * whole slabs become free. They are idle then: {@link #trim()} returns them at once.
   *
   * <p>Blocks larger than 1 MiB have slabs of their own and stay where they are, and so do those in
   * slabs from which another thread allocates at the moment: at most one slab for each size class
   * that it uses. Works at the capacity limit too: up to 1 MiB of it, and at most 1/128, is kept
   * for this. Other threads allocate and free meanwhile; another compaction waits.
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
        compactions.compact(relocator, maxBytes, Builder.nanosOf(maxTime));
    checkOpen();
    return result;
  }

  /** Counts everything. Takes time in proportion to the number of slabs, and a lock meanwhile. */
  public AllocatorStats stats() {
    checkOpen();
    final Census census = heaps.census();
    return StatsOfCensus.of(census, capacityBytes, heaps.misuses().count());
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
    return regions.residentBytes();
  }

  /**
   * Unmaps everything. Idempotent; every later call of another method throws {@link
   * IllegalStateException}, and every view becomes invalid. Waits for a running compaction to end
   * after the block it is at.
   *
   * @throws IllegalStateException if called from within a callback of a compaction; nothing was
   *     closed then
   */
  @Override
  public void close() {
    heaps.compactor().checkMayClose();
    heaps.close();
    Maintenance.remove(housekeeping);
    heaps.compactor().close();
    final RuntimeException refusal = regions.close();
    if (refusal != null) {
      LOG.log(Level.WARNING, "the kernel kept some of a closed allocator's memory", refusal);
    }
  }

  /** Does at once what the maintenance thread would do; for tests with a clock of their own. */
  long housekeep() {
    return housekeeping.run();
  }

  /** Settings of an allocator. Not safe for use by several threads. */
  public static final class Builder {
    private static final long DEFAULT_IDLE_NANOS = Duration.ofSeconds(1).toNanos();

    private long capacityBytes = -1;
    private long regionBytes = -1;
    private long idleNanos = DEFAULT_IDLE_NANOS;
    private int partialReturnCalls = Heaps.DEFAULT_PARTIAL_RETURN_CALLS;
    private ReturnMode returnMode = ReturnMode.UNMAP;
    private MisuseListener misuseListener =
        description -> LOG.log(Level.ERROR, "bad free: {0}", description);
    private Relocator relocator;
    private double targetUtilisation = 0.9;
    private Posix posix;
    private LongSupplier nanoClock = System::nanoTime;
    private boolean maintained = true;

    private Builder() {}

    /**
     * The hard limit on mapped bytes, rounded down to 64 KiB; at least that. The default is derived
     * from the machine or the container.
     */
    public Builder capacity(final long bytes) {
      if (bytes < Geometry.GRANULE_BYTES) {
        throw new IllegalArgumentException(
            "capacity " + bytes + ": expected at least 65536 bytes, which is the smallest slab");
      }
      capacityBytes = bytes & -Geometry.GRANULE_BYTES;
      return this;
    }

    /**
     * How long a slab stays mapped after its last block was freed. Default 1 s. Zero returns it as
     * soon as the maintenance thread gets to it.
     */
    public Builder idleTime(final Duration time) {
      if (time.isNegative()) {
        throw new IllegalArgumentException("idle time " + time + ": expected zero or more");
      }
      idleNanos = nanosOf(time);
      return this;
    }

    /** Beyond a century it is for ever, and the arithmetic stays clear of overflow. */
    private static long nanosOf(final Duration time) {
      final Duration most = Duration.ofDays(36_500);
      return (time.compareTo(most) > 0 ? most : time).toNanos();
    }

    /**
     * The size of the regions that are reserved, a power of two from 2 MiB to 1 GiB. Default 256
     * MiB, or what the capacity needs if that is less. Reserving costs address space, not memory.
     */
    public Builder regionSize(final long bytes) {
      if (Long.bitCount(bytes) != 1
          || bytes < Geometry.MIN_REGION_BYTES
          || bytes > Geometry.MAX_REGION_BYTES) {
        throw new IllegalArgumentException(
            "region size " + bytes + ": expected a power of two from 2097152 to 1073741824");
      }
      regionBytes = bytes;
      return this;
    }

    /** How idle memory goes back to the kernel. Default {@link ReturnMode#UNMAP}. */
    public Builder returnMode(final ReturnMode mode) {
      returnMode = Objects.requireNonNull(mode, "mode");
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
      if (perSecond < 0 || perSecond > 1_000_000) {
        throw new IllegalArgumentException(
            "partial return calls " + perSecond + ": expected 0 to 1000000 a second");
      }
      partialReturnCalls = perSecond;
      return this;
    }

    /** Who hears of bad frees that are found late. The default logs them as errors. */
    public Builder misuseListener(final MisuseListener listener) {
      misuseListener = Objects.requireNonNull(listener, "listener");
      return this;
    }

    /**
     * Who has the addresses of the blocks changed, so that they can be moved in the background.
     * Default: nobody, and no block is moved.
     */
    public Builder relocator(final Relocator mover) {
      relocator = Objects.requireNonNull(mover, "relocator");
      return this;
    }

    /**
     * The share of the bytes of slabs that should be live, if there is a {@link #relocator}.
     * Default 0.9. What falls below it is compacted in the background, at the price of {@code u /
     * (1 - u)} bytes copied for each byte set free at a utilisation of {@code u}. While nothing is
     * allocated or freed, the target is 0.8 of the way from here to 1.
     *
     * @param share more than 0, less than 1
     */
    public Builder targetUtilisation(final double share) {
      if (!(share > 0 && share < 1)) {
        throw new IllegalArgumentException(
            "target utilisation " + share + ": expected a share between 0 and 1, such as 0.9");
      }
      targetUtilisation = share;
      return this;
    }

    private BackgroundCompaction backgroundCompactionOf(final Compactor compactor) {
      return relocator == null
          ? null
          : new BackgroundCompaction(compactor, relocator, targetUtilisation, nanoClock);
    }

    /** The kernel, for tests. */
    Builder posix(final Posix kernel) {
      posix = kernel;
      return this;
    }

    /** The time, for tests; the allocator is not maintained by itself then. */
    Builder clock(final LongSupplier clock) {
      nanoClock = clock;
      maintained = false;
      return this;
    }

    /**
     * Makes the allocator. No memory is mapped before the first allocation.
     *
     * @throws UnsupportedOperationException on a platform without {@code mmap}, or where the native
     *     part of jnr-ffi cannot be loaded; the message says what to do
     */
    public SlabAllocator build() {
      return new SlabAllocator(this);
    }

    private Posix posix() {
      return posix == null ? Posix.host() : posix;
    }

    private long capacityOrDefault() {
      if (capacityBytes >= 0) {
        return capacityBytes;
      }
      final DefaultCapacity derived = DefaultCapacity.derive();
      LOG.log(Level.INFO, "capacity {0}", derived.derivation());
      return derived.bytes();
    }

    private long regionSizeFor(final long capacity) {
      if (regionBytes >= 0) {
        return regionBytes;
      }
      final long used = Math.min(Geometry.DEFAULT_REGION_BYTES, capacity);
      return Math.max(Geometry.MIN_REGION_BYTES, Long.highestOneBit(2 * used - 1));
    }

    private IdlePolicy policy() {
      return switch (returnMode) {
        case UNMAP -> IdlePolicy.UNMAP;
        case DISCARD -> IdlePolicy.DISCARD;
        case NEVER -> IdlePolicy.KEEP;
      };
    }
  }
}
