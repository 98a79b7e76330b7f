package io.quarry.heap;

import io.quarry.region.Geometry;
import io.quarry.region.GranuleSupply;
import io.quarry.region.LimitedGranules;
import io.quarry.region.Refusal;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * All heaps of an allocator: which one serves a request, and what becomes of those whose thread
 * died.
 *
 * <ul>
 *   <li>A platform thread's blocks up to 32 KiB come from a heap of its own, but for the first few
 *       of each class.
 *   <li>Virtual threads, of which there may be millions, use one of a few shared heaps, under its
 *       lock. So do all threads for blocks of 32 KiB to 1 MiB, until they need many of a class: see
 *       {@link MediumUse}.
 *   <li>A larger block is a slab by itself; see {@link LargeBlocks}.
 * </ul>
 *
 * <p><b>Dead threads.</b> The maintenance agent sees {@code isAlive() == false}, which orders all
 * that the thread did before what follows, takes the heap out of the table and forgets the thread,
 * under the lock of all heaps. The next thread that needs a heap adopts it whole. Until then nobody
 * allocates from it, and frees into it are remote ones, which retire what falls empty.
 *
 * <p><b>Arenas.</b> A child has heaps and slabs of its own, over the granules of its parent, and a
 * limit within the parent's. What it holds counts in the parent's books as well. It ends as a
 * whole, with {@link #close} and {@link #retireAll}: no free is needed, and the granules serve the
 * parent at once.
 *
 * <p><b>Idle threads.</b> A live thread that has allocated nothing for the idle time loses its heap
 * in the same way; {@link IdleThreads} argues how that can be. And a thread gets no slab of its own
 * for the first few blocks of a class: those are of shared heaps.
 *
 * <p><b>Order of locks:</b> all heaps, then a shared heap, then that of the compacted blocks, then
 * the regions. A running compaction, which may last, is not among them: it holds none of these
 * while it copies or calls back.
 */
public final class Heaps {
  /** System calls a second that may be spent on parts of slabs in use, unless it is said. */
  public static final int DEFAULT_PARTIAL_RETURN_CALLS = 4_000;

  private static final int RESIDENT_PIECE = 512;

  private static final long LEAST_POLL_NANOS = 10_000_000;
  private static final long MOST_POLL_NANOS = 500_000_000;

  /** The share of the limit that a slab of medium blocks of one thread may be at most. */
  private static final int MEDIUM_SLAB_SHARE = 512;

  private static final Refusal[] REFUSALS = Refusal.values();

  /** Set in an outcome besides the address, whose low bits are clear. */
  static final long KNOWN_ZERO = 1;

  /** As {@link #KNOWN_ZERO}. */
  static final long SAMPLE = 2;

  private final ReentrantLock lock = new ReentrantLock();
  private final HeapTable table = new HeapTable();
  private final List<Heap> owned = new ArrayList<>();
  private final Deque<Heap> abandoned = new ArrayDeque<>();
  private final SharedHeaps shared;
  private final GranuleSupply granules;
  private final SlabSource source;
  private final LargeBlocks large;
  private final CompactedBlocks compacted;
  private final WatchedSlabs watched;
  private final Compactor compactor;
  private final IdleThreads idleThreads = new IdleThreads(this);
  private final PartialReturn partialReturn;
  private final int partialReturnCalls;
  private final Misuses misuses = new Misuses();
  private final CallsInFlight calls = new CallsInFlight();
  private final Runnable wakeMaintenance;

  /** 0 if no block is to be a sample. */
  private final long sampleIntervalBytes;

  /** Whose granules these are; null if they are the kernel's. */
  private final Heaps parent;

  /** Guarded by the lock of the granules: what a child holds enters the books with it. */
  private final Set<Heaps> children = new LinkedHashSet<>();

  /** How many heaps were made for threads; they are adopted, and never given up. */
  private volatile int heapsMade;

  private volatile boolean closed;

  /** Frees what is free for the program and only held back. */
  private volatile Runnable releaseHeldBack = () -> {};

  /** The heap that the agent is about to take from a live thread, and the thread; or null. */
  private Heap suspended;

  private Thread suspendedThread;

  /** Whether the maintenance agent sleeps for longer than a new event may wait. */
  private volatile boolean sleepsLong;

  /**
   * No heap yet.
   *
   * @param wakeMaintenance called when something happened that {@link #housekeep} should see to
   *     earlier than it had asked to be called
   */
  public Heaps(
      final GranuleSupply granules, final LongSupplier nanoClock, final Runnable wakeMaintenance) {
    this(granules, nanoClock, wakeMaintenance, DEFAULT_PARTIAL_RETURN_CALLS, 0);
  }

  /**
   * No heap yet.
   *
   * @param partialReturnCalls system calls a second that may be spent on parts of slabs in use
   * @param sampleIntervalBytes the mean distance of the blocks that are {@link #isSample}, in bytes
   *     allocated; 0 if there are to be none
   */
  public Heaps(
      final GranuleSupply granules,
      final LongSupplier nanoClock,
      final Runnable wakeMaintenance,
      final int partialReturnCalls,
      final long sampleIntervalBytes) {
    this(null, granules, nanoClock, wakeMaintenance, partialReturnCalls, sampleIntervalBytes);
  }

  private Heaps(
      final Heaps parent,
      final GranuleSupply granules,
      final LongSupplier nanoClock,
      final Runnable wakeMaintenance,
      final int partialReturnCalls,
      final long sampleIntervalBytes) {
    this.parent = parent;
    this.granules = granules;
    this.sampleIntervalBytes = sampleIntervalBytes;
    this.partialReturnCalls = partialReturnCalls;
    this.wakeMaintenance = wakeMaintenance;
    source = new SlabSource(granules, nanoClock, root()::stir); // the root's are what falls idle
    large = new LargeBlocks(this, source);
    shared = new SharedHeaps(this, source);
    compacted = new CompactedBlocks(this, source);
    watched = new WatchedSlabs(this, source);
    compactor = new Compactor(this, source, compacted);
    Absence.isPossible(); // initialised now: the agent may first need it when the Java heap is full
    partialReturn = new PartialReturn(this, source, partialReturnCalls);
  }

  /**
   * Makes heaps that take their granules from these, within a limit of their own.
   *
   * @return null if these are closed
   */
  public Heaps newChild(
      final long limitBytes, final LongSupplier nanoClock, final Runnable wakeMaintenanceOfChild) {
    final Heaps child =
        new Heaps(
            this,
            new LimitedGranules(granules, limitBytes),
            nanoClock,
            wakeMaintenanceOfChild,
            partialReturnCalls,
            sampleIntervalBytes);
    granules.lock().lock();
    try {
      if (closed) {
        return null;
      }
      children.add(child);
      return child;
    } finally {
      granules.lock().unlock();
    }
  }

  /** Whose granules these use in the end. */
  private Heaps root() {
    return parent == null ? this : parent.root();
  }

  /** The heaps that a slab, or what is left of it, is of; null if there is no slab. */
  public static Heaps of(final Slab slab) {
    return slab.owner() instanceof Heap heap ? heap.heaps() : null;
  }

  /** Whether these are a child of others, or a child's child, and so on. */
  public boolean isWithin(final Heaps other) {
    return parent != null && (parent == other || parent.isWithin(other));
  }

  /** Whether these and others share their granules. */
  public boolean isRelatedTo(final Heaps other) {
    return root() == other.root();
  }

  /** The largest slab of medium blocks that a thread may have for itself, in bytes. */
  long mostBytesOfMediumSlab() {
    return granules.limitBytes() / MEDIUM_SLAB_SHARE;
  }

  /** Where the granules come from. */
  public GranuleSupply granules() {
    return granules;
  }

  /** Bad frees that were found late. */
  public Misuses misuses() {
    return misuses;
  }

  /** Blocks larger than any class. */
  public LargeBlocks large() {
    return large;
  }

  /** Moves blocks. */
  public Compactor compactor() {
    return compactor;
  }

  /** The slabs that were filled by compaction. */
  CompactedBlocks compacted() {
    return compacted;
  }

  /** The slabs of blocks that are watched. */
  public WatchedSlabs watched() {
    return watched;
  }

  /** For a heap to find out which of its blocks are samples; null if none is to be. */
  Samples newSamples() {
    return sampleIntervalBytes == 0 ? null : new Samples(sampleIntervalBytes);
  }

  /** From a thread to what it allocates from. */
  public HeapTable table() {
    return table;
  }

  // --- allocating --------------------------------------------------------------------------------

  /**
   * Allocates a block.
   *
   * @param size 0 or more
   * @param alignment a power of two, at most that of a region
   * @return its address, tagged if it is {@link #isKnownZero} or {@link #isSample}; or a negative
   *     {@link #refusal}
   */
  public long allocate(final long size, final long alignment) {
    final int sizeClass = classFor(size, alignment);
    return sizeClass >= 0 ? allocate(sizeClass) : large.allocate(size, alignment);
  }

  /** The class of a block; -1 if it has to be a large one. */
  public static int classFor(final long size, final long alignment) {
    if (size > SizeClasses.MAX_CLASS_BYTES || alignment > Geometry.GRANULE_BYTES) {
      return -1;
    }
    return alignment <= SizeClasses.QUANTUM
        ? SizeClasses.of((int) size)
        : SizeClasses.ofAligned((int) size, (int) alignment);
  }

  /** As the other one, of a class. */
  long allocate(final int sizeClass) {
    long address = allocateOnce(sizeClass);
    if (hasNoRoom(address)) {
      // Nothing may be held back for later use while somebody goes without.
      retireEmptiesFor(refusal(address));
      address = allocateOnce(sizeClass);
    }
    return hasNoRoom(address) ? allocateAtTheLimit(sizeClass) : address;
  }

  /**
   * Whether there is no room for a slab of the usual size, now or ever; one block may fit still.
   */
  private static boolean hasNoRoom(final long outcome) {
    return outcome < 0 && (refusal(outcome).isLimit() || outcome == refused(Refusal.TOO_LARGE));
  }

  /** The outcome that stands for a refusal. */
  public static long refused(final Refusal refusal) {
    return -1L - refusal.ordinal();
  }

  /** What a negative outcome stands for. */
  public static Refusal refusal(final long outcome) {
    return REFUSALS[(int) (-1L - outcome)];
  }

  /** The address that a positive outcome stands for. */
  public static long untagged(final long outcome) {
    return outcome & ~(KNOWN_ZERO | SAMPLE);
  }

  /** Whether the block of a positive outcome was drawn to be a sample. */
  public static boolean isSample(final long outcome) {
    return (outcome & SAMPLE) != 0;
  }

  /** Whether the block of a positive outcome is known to hold nothing but zeros. */
  public static boolean isKnownZero(final long outcome) {
    return (outcome & KNOWN_ZERO) != 0;
  }

  private long allocateOnce(final int sizeClass) {
    final Heap own = ownHeap();
    if (own != Heap.NONE && own.isToHaveSlabsOf(sizeClass)) {
      return own.allocate(sizeClass);
    }
    final Heap heap = shared.lockOne();
    try {
      return closed ? refused(Refusal.CLOSED) : heap.allocate(sizeClass);
    } finally {
      heap.lock().unlock();
    }
  }

  /**
   * The last resorts: blocks that dead threads left free, then a slab of as little as one block.
   */
  private long allocateAtTheLimit(final int sizeClass) {
    final long abandonedBlock = allocateFromAbandoned(sizeClass);
    if (abandonedBlock != 0) {
      return abandonedBlock;
    }
    final long existing = shared.allocateExisting(sizeClass);
    if (existing != 0) {
      return closed ? refused(Refusal.CLOSED) : existing;
    }
    final Heap own = sizeClass < SizeClasses.SMALL_COUNT ? ownHeap() : Heap.NONE;
    if (own != Heap.NONE) {
      return own.allocateSparingly(sizeClass);
    }
    final Heap heap = shared.lockOne();
    try {
      return closed ? refused(Refusal.CLOSED) : heap.allocateSparingly(sizeClass);
    } finally {
      heap.lock().unlock();
    }
  }

  private long allocateFromAbandoned(final int sizeClass) {
    lock.lock();
    try {
      if (closed) {
        return 0;
      }
      for (final Heap heap : abandoned) {
        final long address = heap.allocateExisting(sizeClass);
        heap.settle(); // no slab of an abandoned heap is current
        if (address != 0) {
          return address;
        }
      }
      return 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The calling thread's heap, adopted or made if it has none; {@link Heap#NONE} for virtual ones.
   */
  private Heap ownHeap() {
    final Thread thread = Thread.currentThread();
    final Heap found = table.find(thread);
    if (found != Heap.NONE || VirtualThreads.isVirtual(thread)) {
      return found;
    }
    lock.lock();
    try {
      if (closed) {
        return Heap.NONE;
      }
      if (suspendedThread == thread) {
        final Heap own = suspended;
        giveBack(own, thread);
        return own;
      }
      if (abandoned.isEmpty()) {
        abandonDeadLocked(); // threads that come and go are faster than the agent
      }
      Heap heap = abandoned.pollFirst();
      if (heap == null) {
        heap = Heap.owned(this, source);
        heapsMade++; // by one thread at a time
      }
      boolean entered = false;
      try {
        owned.add(heap);
        heap.thread(thread);
        entered = table.enter(heap, thread);
      } finally {
        if (!entered) {
          owned.remove(heap);
          heap.thread(null);
          abandoned.addFirst(heap);
        }
      }
      if (!entered) {
        return Heap.NONE;
      }
      stir(); // somebody has to notice when the thread dies
      return heap;
    } finally {
      lock.unlock();
    }
  }

  // --- freeing -----------------------------------------------------------------------------------

  /** Frees whatever block starts at an address, whoever it belongs to. */
  public Freed free(final long address) {
    return free(SlabDirectory.slabAt(address), address);
  }

  /**
   * As the other one, for whoever knows the slab.
   *
   * @param slab what {@link SlabDirectory#slabAt} says of the address
   */
  public Freed free(final Slab slab, final long address) {
    if (!isOurs(slab)) {
      return Freed.FOREIGN;
    }
    if (!slab.isBlockStart(address)) {
      return Freed.INTERIOR;
    }
    return freed(slab, slab.indexOf(address));
  }

  /**
   * Frees a block of another thread's heap, if that is all there is to it.
   *
   * @param guess what {@link SlabDirectory#guessAt} says of the address
   * @return false if nothing was done
   */
  public boolean freeRemote(final Slab guess, final long address) {
    final Heap owner = (Heap) guess.owner();
    if (owner == null
        || owner.heaps() != this
        || owner.lock() != null
        || owner.isActedForBy(Thread.currentThread())
        || guess.isRetired()) {
      return false;
    }
    final int index = guess.indexOfStart(address);
    return index >= 0 && owner.freeRemote(guess, index);
  }

  private Freed freed(final Slab slab, final int index) {
    if (slab.isRetired()) {
      return Freed.DOUBLE_FREE;
    }
    final Heap owner = (Heap) slab.owner();
    if (slab.sizeClass() == Slab.LARGE) {
      return owner.isWatched() ? Freed.WATCHED : verdict(large.free(slab));
    }
    if (owner.lock() != null) {
      return owner.isWatched() ? Freed.WATCHED : verdict(freeLocked(owner, slab, index));
    }
    return verdict(
        owner.isActedForBy(Thread.currentThread())
            ? owner.freeLocal(slab, index)
            : owner.freeRemote(slab, index));
  }

  private static Freed verdict(final boolean wasLive) {
    return wasLive ? Freed.FREED : Freed.DOUBLE_FREE;
  }

  private static boolean freeLocked(final Heap owner, final Slab slab, final int index) {
    owner.lock().lock();
    try {
      return owner.freeLocal(slab, index);
    } finally {
      owner.lock().unlock();
    }
  }

  /** Whether the blocks of a slab are watched, or were. */
  public static boolean isWatched(final Slab slab) {
    return slab.owner() instanceof Heap heap && heap.isWatched();
  }

  /** Whether a slab, or what is left of it, belongs to this allocator. */
  public boolean isOurs(final Slab slab) {
    return of(slab) == this;
  }

  // --- giving back -------------------------------------------------------------------------------

  /** Retires what is empty wherever that may help a request that was refused. */
  void retireEmptiesFor(final Refusal refusal) {
    (refusal == Refusal.PARENT_LIMIT ? root() : this).retireEmpties();
  }

  /**
   * Retires every slab, of these heaps and of their children, that is empty and only kept in case
   * it is needed soon.
   */
  public void retireEmpties() {
    openChildren().forEach(Heaps::retireEmpties);
    releaseHeldBack.run();
    final Heap own = table.find(Thread.currentThread());
    if (own != Heap.NONE) {
      own.retireEmptyCurrents();
    }
    shared.forEachLocked(Heap::retireEmptyCurrents);
    watched.retireEmptyCurrents();
    abandonDead();
    drainAbandoned();
    compacted.drain();
    liveHeaps().forEach(Heap::examineNew);
  }

  /**
   * Sets what is to be done before memory runs short: to free blocks that are free for the program
   * and only held back. Called by any thread, without any lock.
   */
  public void onShortage(final Runnable release) {
    releaseHeldBack = release;
  }

  /**
   * Makes as many slabs as possible available to compaction: nobody can move blocks of one that
   * somebody allocates from.
   */
  void settleForCompaction() {
    final Heap own = table.find(Thread.currentThread());
    if (own != Heap.NONE) {
      own.settle();
    }
    shared.forEachLocked(Heap::settleSparse);
    abandonDead();
    drainAbandoned();
    compacted.drain();
  }

  /** Says that something happened which {@link #housekeep} will have to see to in time. */
  public void stir() {
    if (sleepsLong) {
      sleepsLong = false;
      wakeMaintenance.run();
    }
  }

  /**
   * Does what is due: abandons the heaps of dead threads, retires slabs that rest, returns granules
   * that were idle for long enough. For the maintenance agent.
   *
   * @return in how many nanoseconds to call again; {@code Long.MAX_VALUE} if there is no need to
   *     until {@code wakeMaintenance} is called
   */
  public long housekeep(final long nowNanos, final long idleNanos) {
    final long partialDelay = partialReturn.run(nowNanos, idleNanos);
    final long threadsDelay = idleThreads.run(nowNanos, idleNanos);
    // Before the rest: whatever happens from here on is either seen below or wakes the agent again.
    sleepsLong = true;
    abandonDead();
    drainAbandoned();
    compacted.drain();
    liveHeaps().forEach(Heap::examine);
    long delay =
        Math.min(
            shared.retireResting(nowNanos, idleNanos), watched.retireResting(nowNanos, idleNanos));
    granules.returnIdle(nowNanos - idleNanos);
    final Long oldest = granules.oldestIdleNanos();
    if (oldest != null) {
      delay = Math.min(delay, Math.max(0, oldest + idleNanos - nowNanos));
    }
    if (hasOwners()) {
      delay = Math.min(delay, livenessPollNanos(idleNanos));
    }
    delay = Math.min(delay, Math.min(partialDelay, threadsDelay));
    if (delay <= idleNanos) {
      sleepsLong = false; // whatever happens now falls due later than the agent comes back
    }
    return delay;
  }

  /** How often to look whether threads are alive: nobody tells when one dies. */
  private static long livenessPollNanos(final long idleNanos) {
    return Math.max(LEAST_POLL_NANOS, Math.min(MOST_POLL_NANOS, idleNanos / 2));
  }

  private boolean hasOwners() {
    lock.lock();
    try {
      return !owned.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void abandonDead() {
    lock.lock();
    try {
      abandonDeadLocked();
    } finally {
      lock.unlock();
    }
  }

  private void abandonDeadLocked() {
    for (int i = owned.size() - 1; i >= 0; i--) {
      final Heap heap = owned.get(i);
      if (heap != suspended && !heap.threadVolatile().isAlive()) {
        owned.remove(i);
        table.remove(heap);
        abandon(heap);
      }
    }
  }

  private void abandon(final Heap heap) {
    heap.thread(null);
    abandoned.addFirst(heap);
    heap.settle();
  }

  // --- taking heaps from live threads: see IdleThreads -------------------------------------------

  /** Makes a thread find no heap, if it has one. Returns the thread; null if it has not. */
  Thread suspend(final Heap heap) {
    lock.lock();
    try {
      final Thread thread = heap.threadVolatile();
      if (thread == null || closed) {
        return null;
      }
      table.remove(heap);
      suspended = heap;
      suspendedThread = thread;
      heap.thread(null);
      return thread;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the heap away for good, or gives it back, unless the thread has done that itself.
   *
   * @return whether it is away
   */
  boolean resolve(final Heap heap, final Thread thread, final boolean forGood) {
    lock.lock();
    try {
      if (suspended != heap) {
        return false;
      }
      if (forGood) {
        suspended = null;
        suspendedThread = null;
        owned.remove(heap);
        abandon(heap);
        return true;
      }
      giveBack(heap, thread);
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(final Heap heap, final Thread thread) {
    suspended = null;
    suspendedThread = null;
    heap.thread(thread);
    // If somebody took the last place for it, a rarity, the thread gets another heap, or none;
    // this one is taken away once the thread is seen outside, or dead.
    table.enter(heap, thread);
  }

  /** No thread does it for them, and a queue keeps every tombstone that is in it. */
  private void drainAbandoned() {
    lock.lock();
    try {
      abandoned.forEach(Heap::drainQueue);
    } finally {
      lock.unlock();
    }
  }

  List<Heap> liveHeaps() {
    lock.lock();
    try {
      return List.copyOf(owned);
    } finally {
      lock.unlock();
    }
  }

  // --- the end -----------------------------------------------------------------------------------

  /**
   * Sends every thread to the slow path and refuses every request from now on: no thread acts for a
   * heap any more, so what it frees is not on the fast path either. Idempotent.
   */
  public void close() {
    lock.lock();
    try {
      closed = true;
      calls.end();
      table.clear();
      owned.forEach(heap -> heap.thread(null));
      owned.clear();
      abandoned.clear();
      suspended = null; // and so it is not given back
      suspendedThread = null;
    } finally {
      lock.unlock();
    }
    // Whoever is in there comes out; whoever comes later sees that it is closed.
    shared.forEachLocked(heap -> {});
    watched.awaitOut();
    partialReturn.awaitEnd();
  }

  public boolean isClosed() {
    return closed;
  }

  /**
   * To be called before a block's memory is touched, or its pages moved.
   *
   * @return what to {@link #leaveCall} with; negative if these heaps are closed
   */
  public int enterCall() {
    return calls.enter();
  }

  /** To be called when a block's memory is no longer touched. */
  public void leaveCall(final int entered) {
    calls.leave(entered);
  }

  /** Waits for the calls that touch memory. To be called after {@link #close}, without any lock. */
  public void awaitCalls() {
    calls.awaitAll();
  }

  /**
   * Gives back all granules, whatever is live in them. To be called after {@link #close}, when no
   * compaction is running and {@link #awaitCalls} has returned. What was issued here counts as the
   * parent's from now on, and as freed. Idempotent.
   */
  public void retireAll() {
    source.close();
    if (parent == null) {
      return;
    }
    granules.lock().lock();
    try {
      if (parent.children.remove(this)) {
        parent.source.absorb(source);
        compacted.absorbInto(parent.source);
        watched.absorbInto(parent.source);
        parent.misuses.absorb(misuses);
        parent.partialReturn.absorb(partialReturn);
      }
    } finally {
      granules.lock().unlock();
    }
  }

  private List<Heaps> openChildren() {
    granules.lock().lock();
    try {
      return List.copyOf(children);
    } finally {
      granules.lock().unlock();
    }
  }

  // --- figures -----------------------------------------------------------------------------------

  /** Counts everything, that of the children included, in one critical section. */
  public Census census() {
    granules.lock().lock();
    try {
      final Census census = new Census(granules);
      countInto(census);
      return census;
    } finally {
      granules.lock().unlock();
    }
  }

  /**
   * Resident bytes of the slabs of these heaps, and of their children. Asks the kernel about each;
   * to be called without any lock. What is retired meanwhile may be counted or not.
   */
  public long residentBytes() {
    final Slab[] piece = new Slab[RESIDENT_PIECE];
    long pages = 0;
    int from = 0;
    for (int count = source.copySlabs(from, piece);
        count > 0;
        count = source.copySlabs(from, piece)) {
      for (int i = 0; i < count; i++) {
        final BitSet resident =
            piece[i].isRetired() ? null : granules.residentPages(piece[i].run());
        pages += resident == null ? 0 : resident.cardinality();
      }
      from += count;
    }
    for (final Heaps child : openChildren()) {
      pages += child.residentBytes() / granules.pageSize();
    }
    return pages * granules.pageSize();
  }

  private void countInto(final Census census) {
    source.countInto(census);
    compacted.countInto(census);
    watched.countInto(census);
    census.addMisuses(misuses.count());
    census.addMetadata(shared.metadataBytes() + heapsMade * Heap.OWNED_BYTES);
    census.addPartialReturn(partialReturn.discardedBytes(), partialReturn.refilledBytes());
    if (parent == null) {
      census.addMetadata(SlabDirectory.metadataBytes(granules.reservedBytes()));
    }
    children.forEach(child -> child.countInto(census));
  }
}
