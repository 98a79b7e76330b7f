package io.quarry.allocator;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * What an allocator should look like: which ranges are live, and how much that is. A block is
 * entered right after it was allocated and taken out right before it is freed, so what the model
 * holds is always live.
 */
final class Model {
  private static final int MOST_HANDED_OVER = 4_000;
  private static final int SHARDS = 64;

  /** A live block. Mutable only by whoever holds it. */
  static final class Entry {
    final long address;
    final long size;
    final long usable;

    Entry(final long address, final long size, final long usable) {
      this.address = address;
      this.size = size;
      this.usable = usable;
    }

    @Override
    public String toString() {
      return String.format("0x%x of %d bytes, usable %d", address, size, usable);
    }
  }

  private final SlabAllocator allocator;
  private final long capacity;
  private final boolean ofArena;

  /** Whether the usable bytes are all that a block takes: there is no red zone. */
  private boolean exact = true;

  private final LongAdder liveBytes = new LongAdder();
  private final LongAdder liveBlocks = new LongAdder();
  private final AtomicInteger observations = new AtomicInteger();
  private final LongAdder refusals = new LongAdder();
  private final LongAdder exhaustions = new LongAdder();
  private final AtomicLong failures = new AtomicLong();
  private volatile Throwable failure;

  /** By address; sharded by the 64 MiB that the address lies in. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private final ConcurrentSkipListMap<Long, Entry>[] ranges = new ConcurrentSkipListMap[SHARDS];

  /** Blocks on their way from one thread to another, and those that the dead left behind. */
  private final Queue<Entry> handedOver = new ConcurrentLinkedQueue<>();

  private final AtomicInteger handedOverCount = new AtomicInteger();

  /** Sees the blocks as another process would; null if they are private. */
  private final SharedBlocks reader;

  Model(final SlabAllocator allocator, final long capacity) {
    this(allocator, capacity, null, false);
  }

  Model(final SlabAllocator allocator, final long capacity, final SharedBlocks reader) {
    this(allocator, capacity, reader, false);
  }

  static Model ofArena(final SlabAllocator arena, final long limit) {
    return new Model(arena, limit, null, true);
  }

  private Model(
      final SlabAllocator allocator,
      final long capacity,
      final SharedBlocks reader,
      final boolean ofArena) {
    this.allocator = allocator;
    this.reader = reader;
    this.capacity = capacity;
    this.ofArena = ofArena;
    for (int i = 0; i < SHARDS; i++) {
      ranges[i] = new ConcurrentSkipListMap<>();
    }
  }

  /** Says that blocks may be larger than what is usable of them. */
  Model withRedZones() {
    exact = false;
    return this;
  }

  SlabAllocator allocator() {
    return allocator;
  }

  boolean isOfArena() {
    return ofArena;
  }

  /** Takes a new block into the model, unless it overlaps with one that is there. */
  Entry enter(final long address, final long size, final long usable) {
    if ((address & 15) != 0 || usable < size) {
      throw new AssertionError(String.format("0x%x of %d bytes, %d", address, size, usable));
    }
    final Entry entry = new Entry(address, size, usable);
    final ConcurrentSkipListMap<Long, Entry> shard = shardOf(address);
    // Entered first: of two that overlap, at least one sees the other.
    if (shard.put(address, entry) != null) {
      throw new AssertionError(entry + " was live already");
    }
    final Map.Entry<Long, Entry> before = shard.lowerEntry(address);
    final Map.Entry<Long, Entry> after = shard.higherEntry(address);
    if (before != null && before.getValue().address + before.getValue().usable > address
        || after != null && address + usable > after.getKey()) {
      throw new AssertionError(entry + " overlaps " + before + " or " + after);
    }
    liveBytes.add(usable);
    liveBlocks.increment();
    return entry;
  }

  /** Another process finds a live block by its offset, and the same bytes in it. */
  void requireSeenByOthers(final Entry entry) {
    if (reader != null && entry.usable >= 16) {
      final long offset = allocator.offsetOf(entry.address);
      final int end = (int) entry.usable - Long.BYTES;
      if (allocator.addressOf(offset) != entry.address
          || !agree(reader.usableSize(offset), entry.usable)
          || reader.byteBuffer(offset, Long.BYTES).getLong()
              != allocator.byteBuffer(entry.address, Long.BYTES).getLong()
          || reader.byteBuffer(offset, end, Long.BYTES).getLong()
              != allocator.byteBuffer(entry.address + end, Long.BYTES).getLong()) {
        throw new AssertionError(entry + " is not what others see at " + offset);
      }
    }
  }

  /** To be called before the block is freed. */
  void leave(final Entry entry) {
    if (!shardOf(entry.address).remove(entry.address, entry)) {
      throw new AssertionError(entry + " is not in the model");
    }
    liveBytes.add(-entry.usable);
    liveBlocks.decrement();
  }

  private ConcurrentSkipListMap<Long, Entry> shardOf(final long address) {
    return ranges[(int) (address >>> 26) & SHARDS - 1];
  }

  /** Passes a block on to whichever thread asks next; refused if too many are waiting. */
  boolean handOver(final Entry entry, final boolean always) {
    if (!always && handedOverCount.get() >= MOST_HANDED_OVER) {
      return false;
    }
    handedOverCount.incrementAndGet();
    handedOver.add(entry);
    return true;
  }

  Entry takeOver() {
    final Entry entry = handedOver.poll();
    if (entry != null) {
      handedOverCount.decrementAndGet();
    }
    return entry;
  }

  void countRefusal() {
    refusals.increment();
  }

  void countExhaustion() {
    exhaustions.increment();
  }

  long exhaustions() {
    return exhaustions.sum();
  }

  long refusals() {
    return refusals.sum();
  }

  int observations() {
    return observations.get();
  }

  void failed(final Throwable thrown) {
    failures.incrementAndGet();
    if (failure == null) {
      failure = thrown;
    }
  }

  boolean hasFailed() {
    return failure != null;
  }

  void requireNoFailure() {
    if (failure != null) {
      throw new AssertionError(failures + " threads failed", failure);
    }
  }

  /**
   * Looks at the statistics while others work. The identity is checked where they are made, too.
   */
  void observe(final AtomicBoolean ended) {
    try {
      while (!ended.get()) {
        final AllocatorStats stats = allocator.stats();
        requireBalanced(stats);
        observations.incrementAndGet();
        Thread.sleep(1);
      }
    } catch (final Throwable thrown) {
      failed(thrown);
    }
  }

  void requireBalanced(final AllocatorStats stats) {
    final long sum =
        stats.liveBytes() + stats.freeBlockBytes() + stats.tailBytes() + stats.idleBytes();
    long slabs = 0;
    for (final SizeClassStats row : stats.sizeClasses()) {
      slabs += row.mappedBytes();
    }
    if (stats.mappedBytes() != sum
        || slabs + stats.idleBytes() != sum
        || sum > capacity
        || stats.mappedBytes() > stats.reservedBytes()) {
      throw new AssertionError("does not add up: " + stats.toText());
    }
  }

  private boolean agree(final long held, final long usable) {
    return exact ? held == usable : held >= usable;
  }

  /** While nobody works. */
  void requireEqualToStats() {
    final AllocatorStats stats = allocator.stats();
    requireBalanced(stats);
    if (!agree(stats.liveBytes(), liveBytes.sum()) || stats.liveBlocks() != liveBlocks.sum()) {
      throw new AssertionError(
          "model: " + liveBytes + " bytes, " + liveBlocks + " blocks; " + stats.toText());
    }
  }

  /** Frees what is left, by the calling thread. */
  void freeAll() {
    final ModelWorker heir = new ModelWorker(this, 0, 0, ModelWorker.Kind.MIXED);
    for (Entry entry = takeOver(); entry != null; entry = takeOver()) {
      heir.verifyAndFree(entry);
    }
    if (liveBlocks.sum() != 0) {
      throw new AssertionError(liveBlocks + " blocks were lost");
    }
  }
}
