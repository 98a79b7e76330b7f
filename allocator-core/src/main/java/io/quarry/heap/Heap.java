package io.quarry.heap;

import io.quarry.region.Geometry;
import io.quarry.region.Refusal;
import io.quarry.slab.Rehearsal;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabList;
import io.quarry.slab.SlabOwner;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The slabs that one thread allocates from, or, with a lock, several in turn. For each class there
 * is one current slab, and a list of others with blocks to give. Full slabs are in no list: the
 * free that ends their being full lists them again.
 *
 * <p>The protocol is argued in {@link Slab}. What a heap adds to it is the queue: a stack of slabs
 * with remote frees, linked through the slabs. Any thread that won a slab's token pushes it;
 * whoever empties the queue takes all of it with one exchange, so there is no ABA.
 *
 * <p>Methods are for the owner unless they say otherwise.
 */
final class Heap extends SlabOwner {

  /** The heap of a thread that has none: every look into it leads to the slow path. */
  static final Heap NONE = new Heap(null, null, null, SizeClasses.COUNT);

  private static final VarHandle QUEUE;
  private static final VarHandle SLABS = MethodHandles.arrayElementVarHandle(Slab[].class);

  /** Java-heap bytes of a heap for threads, about. */
  static final long OWNED_BYTES = NONE.metadataBytes();

  /** See {@link #isToHaveSlabsOf}. */
  private static final int MOST_BORROWED = 16;

  /** The share of a slab's blocks that this may be at most. */
  private static final int BORROWED_SHARE = 4;

  /** A slab with fewer free blocks than this, or than one in {@link #POOR_SHARE}, is poor. */
  private static final int POOR_BLOCKS = 16;

  private static final int POOR_SHARE = 32;

  /** See {@link #isTooPoor}. */
  private static final int MOST_POOR_IN_A_ROW = 32;

  /** What a current slab has to have free to be worth taking from an idle thread. */
  private static final long LEAST_HELD_BACK_BYTES = 16 << 10;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      QUEUE = lookup.findVarHandle(Heap.class, "queue", Slab.class);
    } catch (final ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
    rehearse();
  }

  /** What frees need must not be linked when the Java heap is full: see {@link Rehearsal}. */
  private static void rehearse() {
    final Heap heap = new Heap(null, null, null, 0);
    heap.push(Rehearsal.perform(heap, NONE));
    heap.examineQueue();
    heap.push(Rehearsal.perform(heap, NONE));
    heap.drainQueue();
  }

  private final Heaps heaps;
  private final SlabSource source;
  private final ReentrantLock lock;
  private final Slab[] current;
  private final SlabList[] available;

  /** Blocks of each class that the thread got from shared heaps so far. */
  private final byte[] borrowed;

  private final Kind kind;

  /** Null if no block of this heap is to be a sample. */
  private final Samples samples;

  /** What a thread does with medium blocks; null until it has had one. */
  private MediumUse mediumUse;

  /** How many slabs of each class that became current one after the other were poor. */
  private final byte[] poorInARow;

  /** Medium classes that have a current slab. */
  private int mediumCurrents;

  @SuppressWarnings("unused") // QUEUE
  private Slab queue;

  /** How often {@link #examine} was called since a slab was queued last. */
  private final AtomicInteger examinations = new AtomicInteger();

  private enum Kind {
    /** Its blocks go to whoever calls {@code malloc}. */
    ORDINARY,
    /** The one that compaction fills, which may use the headroom. */
    COMPACTION,
    /** Its blocks are watched, and freed by {@link WatchedSlabs} only. */
    WATCHED
  }

  private Heap(
      final Heaps heaps, final SlabSource source, final ReentrantLock lock, final int classes) {
    this(heaps, source, lock, classes, Kind.ORDINARY);
  }

  private Heap(
      final Heaps heaps,
      final SlabSource source,
      final ReentrantLock lock,
      final int classes,
      final Kind kind) {
    super(heaps);
    this.kind = kind;
    this.samples = heaps == null || kind != Kind.ORDINARY ? null : heaps.newSamples();
    this.heaps = heaps;
    this.source = source;
    this.lock = lock;
    current = new Slab[classes];
    available = new SlabList[classes];
    borrowed = new byte[lock == null ? classes : 0];
    poorInARow = new byte[classes];
    for (int sizeClass = 0; sizeClass < classes; sizeClass++) {
      current[sizeClass] = Slab.NOBODY;
      available[sizeClass] = new SlabList();
    }
  }

  /** A heap for threads, one after the other. */
  static Heap owned(final Heaps heaps, final SlabSource source) {
    return new Heap(heaps, source, null, SizeClasses.COUNT);
  }

  /** A heap for everybody who holds its lock, with blocks of every class. */
  static Heap shared(final Heaps heaps, final SlabSource source) {
    return new Heap(heaps, source, new ReentrantLock(), SizeClasses.COUNT);
  }

  /** The owner of slabs that hold a single large block: nobody allocates from it. */
  static Heap ofLarge(final Heaps heaps, final SlabSource source) {
    return new Heap(heaps, source, null, 0);
  }

  /** The heap whose slabs compaction fills. {@link CompactedBlocks} is the one that acts for it. */
  static Heap ofCompaction(final Heaps heaps, final SlabSource source) {
    return new Heap(heaps, source, null, SizeClasses.COUNT, Kind.COMPACTION);
  }

  /** A heap for everybody who holds its lock, whose blocks are watched. */
  static Heap watched(final Heaps heaps, final SlabSource source) {
    return new Heap(heaps, source, new ReentrantLock(), SizeClasses.COUNT, Kind.WATCHED);
  }

  /** As {@link #ofLarge}, of blocks that are watched. */
  static Heap ofWatchedLarge(final Heaps heaps, final SlabSource source) {
    return new Heap(heaps, source, null, 0, Kind.WATCHED);
  }

  /** Whether its blocks are watched. */
  boolean isWatched() {
    return kind == Kind.WATCHED;
  }

  Heaps heaps() {
    return heaps;
  }

  /** The lock of a shared heap; null for a thread's own. */
  ReentrantLock lock() {
    return lock;
  }

  // --- the use that an idle thread makes of it: for the agent ------------------------------------

  private long issuedBefore = -1;
  private long issuedBeforeNanos;
  private long notBeforeNanos;

  /**
   * Since when the current slabs have issued nothing, as far as the calls of this method tell. Any
   * other thread's look at them is a glance: it may come too late for what was issued a moment ago.
   */
  long restingSince(final long nowNanos) {
    long issued = 0;
    for (int sizeClass = 0; sizeClass < current.length; sizeClass++) {
      issued = 31 * issued + ((Slab) SLABS.getAcquire(current, sizeClass)).mallocCount();
    }
    if (issued != issuedBefore) {
      issuedBefore = issued;
      issuedBeforeNanos = nowNanos;
      notBeforeNanos = nowNanos;
    }
    return issuedBeforeNanos;
  }

  /** Whether a current slab has so much room that others should have it. */
  boolean holdsBack() {
    for (int sizeClass = 0; sizeClass < current.length; sizeClass++) {
      final Slab slab = (Slab) SLABS.getAcquire(current, sizeClass);
      if (slab != Slab.NOBODY
          && (slab.blockCount() - slab.liveCount()) * slab.blockBytes() >= LEAST_HELD_BACK_BYTES) {
        return true;
      }
    }
    return false;
  }

  /** Whether it was said that it need not be looked at yet. */
  boolean isToBeLeftAlone(final long nowNanos) {
    return nowNanos - notBeforeNanos < 0;
  }

  /** Says that there is no use in looking at it before. */
  void leaveAloneUntil(final long nanos) {
    notBeforeNanos = nanos;
  }

  // --- allocating --------------------------------------------------------------------------------

  /** What {@link #current} looks into. */
  Slab[] currentSlabs() {
    return current;
  }

  /**
   * Whether this heap is to have slabs of its own of a class, and if not, counts the block that the
   * thread gets from a shared heap instead. The first 16 blocks of a class, or the first quarter of
   * a slab if that is less: a thread that needs no more holds back nothing. How many it has freed
   * meanwhile does not matter; who allocates and frees again and again is to be fast.
   */
  boolean isToHaveSlabsOf(final int sizeClass) {
    if (sizeClass >= SizeClasses.SMALL_COUNT) {
      return current[sizeClass] != Slab.NOBODY || isToHaveMediumSlabsOf(sizeClass);
    }
    if (current[sizeClass] != Slab.NOBODY || !available[sizeClass].isEmpty()) {
      return true;
    }
    final long blocks =
        Geometry.bytesOf(SizeClasses.granules(sizeClass)) / SizeClasses.bytes(sizeClass);
    if (borrowed[sizeClass] >= Math.min(MOST_BORROWED, blocks / BORROWED_SHARE)) {
      return true;
    }
    borrowed[sizeClass]++;
    return false;
  }

  /** The same for medium classes, of which few may have a slab at a time: see {@link MediumUse}. */
  private boolean isToHaveMediumSlabsOf(final int sizeClass) {
    if (mediumUse == null) {
      mediumUse = new MediumUse(heaps.mostBytesOfMediumSlab());
    }
    final boolean much = mediumUse.borrows(sizeClass);
    if (mediumUse.isTermOver()) {
      for (int medium = SizeClasses.SMALL_COUNT; medium < SizeClasses.COUNT; medium++) {
        final Slab slab = current[medium];
        if (slab != Slab.NOBODY && mediumUse.hasRested(medium, slab.mallocCount())) {
          putAway(medium, source.now());
        }
      }
    }
    return mediumCurrents < MediumUse.MOST_SLABS && (much || !available[sizeClass].isEmpty());
  }

  /**
   * Issues a block from the current slab of a medium class, the lowest as {@link #findCandidate}
   * says.
   *
   * @return its address; 0 if there is more to it
   */
  long takeMedium(final int sizeClass) {
    final Slab slab = current[sizeClass];
    if (slab == Slab.NOBODY) {
      return 0;
    }
    putBack(slab);
    if (samples != null && samples.isDue(slab)) {
      return 0;
    }
    return reload(slab) ? Heaps.untagged(take(sizeClass)) : 0;
  }

  /** Issues a small block from what the heap has; 0 if there is more to it. */
  long takeSmall(final int sizeClass) {
    if (samples == null) {
      return findCandidate(sizeClass) ? current[sizeClass].take() : 0;
    }
    final Slab slab = current[sizeClass];
    final boolean has = slab.hasCandidate() || slab != Slab.NOBODY && reloadUnlessDue(slab);
    return has ? slab.take() : 0;
  }

  /**
   * Allocates a block of a class, carving a slab if need be.
   *
   * @return its address, tagged if {@link Heaps#isKnownZero} or {@link Heaps#isSample}; or a
   *     negative {@link Heaps#refusal}
   */
  long allocate(final int sizeClass) {
    if (findCandidate(sizeClass) || takeOver(sizeClass)) {
      return take(sizeClass);
    }
    final boolean wasTooPoor = isTooPoor(sizeClass);
    poorInARow[sizeClass] = 0;
    final long outcome = carveAndTake(sizeClass, SizeClasses.granules(sizeClass));
    return outcome < 0 && wasTooPoor && findCandidate(sizeClass) ? take(sizeClass) : outcome;
  }

  /** Allocates from what the heap has, without carving; {@code NULL} if there is nothing. */
  long allocateExisting(final int sizeClass) {
    poorInARow[sizeClass] = 0;
    return findCandidate(sizeClass) || takeOver(sizeClass) ? take(sizeClass) : 0;
  }

  /** Allocates from a new slab of as few granules as hold one block: for when memory is short. */
  long allocateSparingly(final int sizeClass) {
    poorInARow[sizeClass] = 0;
    if (findCandidate(sizeClass)) {
      return take(sizeClass); // freed a moment ago
    }
    return carveAndTake(sizeClass, Geometry.granulesFor(SizeClasses.bytes(sizeClass)));
  }

  private long carveAndTake(final int sizeClass, final long granules) {
    final Refusal refusal = carve(sizeClass, granules);
    return refusal == null ? take(sizeClass) : Heaps.refused(refusal);
  }

  private long take(final int sizeClass) {
    final Slab slab = current[sizeClass];
    final long address = slab.take();
    final long sample = samples != null && samples.takeDue() ? Heaps.SAMPLE : 0;
    // Small blocks are cleared faster than it could be remembered that they need not be.
    return sizeClass >= SizeClasses.SMALL_COUNT && slab.firstIssue(slab.indexOf(address))
        ? address | sample | Heaps.KNOWN_ZERO
        : address | sample;
  }

  /** As {@link #reload}, but false as well if the next block is a sample. */
  private boolean reloadUnlessDue(final Slab slab) {
    return !samples.isDue(slab) && samples.reload(slab);
  }

  private boolean reload(final Slab slab) {
    return samples == null ? slab.reload() : samples.reload(slab);
  }

  private boolean findCandidate(final int sizeClass) {
    final Slab exhausted = current[sizeClass];
    if (kind != Kind.COMPACTION && sizeClass >= SizeClasses.SMALL_COUNT) {
      // A medium block that was just freed is still in the caches: look for the lowest anew instead
      // of going round. Slabs of small blocks have many words, and going round at each of them
      // would touch all of their pages.
      putBack(exhausted);
    }
    if (exhausted.hasCandidate() || reload(exhausted)) {
      return true;
    }
    if (drainQueue() && reload(exhausted)) {
      return true;
    }
    if (isTooPoor(sizeClass)) {
      return false;
    }
    retreat(sizeClass);
    for (Slab next = available[sizeClass].poll();
        next != null;
        next = available[sizeClass].poll()) {
      if (next.makeCurrent(this)) {
        current(sizeClass, next);
        if (reload(next)) {
          countIfPoor(sizeClass, next);
          return true;
        }
        retreat(sizeClass);
      } else if (!next.isRetired()) {
        // Claimed at this moment. Whoever has it announces it when he lets go.
        next.markFull();
      }
    }
    return false;
  }

  /**
   * Whether so many slabs in a row had hardly a free block that a new one should be carved, to let
   * free blocks gather in the others. A cache that is full frees one block for each that it
   * allocates, and each in another slab: it would change slabs with every call, which costs several
   * times what the call does. What lies idle for this is limited: as long as all slabs that become
   * current are poor, fewer than one block in {@link #POOR_SHARE} is free.
   */
  private boolean isTooPoor(final int sizeClass) {
    return poorInARow[sizeClass] >= MOST_POOR_IN_A_ROW;
  }

  private void countIfPoor(final int sizeClass, final Slab slab) {
    if (kind == Kind.ORDINARY && lock == null) {
      final boolean rich = slab.hasFree(Math.min(POOR_BLOCKS, slab.blockCount() / POOR_SHARE));
      poorInARow[sizeClass] = (byte) (rich ? 0 : poorInARow[sizeClass] + 1);
    }
  }

  private void putBack(final Slab slab) {
    if (samples != null) {
      samples.putBack(slab);
    }
    slab.putBack();
  }

  /**
   * Makes a slab current that compaction has filled and in which blocks were freed since. Better
   * than to carve a new one: its holes would else wait for the next compaction.
   */
  private boolean takeOver(final int sizeClass) {
    if (kind != Kind.ORDINARY) {
      return false;
    }
    for (Slab next = heaps.compacted().handOver(sizeClass, this);
        next != null;
        next = heaps.compacted().handOver(sizeClass, this)) {
      retreat(sizeClass);
      current(sizeClass, next);
      reportTwice(next, next.drain());
      if (reload(next)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Hands a slab with free blocks to another heap, for which it is current then. To be called under
   * the lock that both owners hold.
   *
   * @return null if there is none
   */
  Slab handOver(final int sizeClass, final Heap next) {
    for (Slab slab = available[sizeClass].poll();
        slab != null;
        slab = available[sizeClass].poll()) {
      if (slab.makeCurrent(next)) {
        if (slab.changeHands(next)) {
          return slab;
        }
        // Somebody queues it at this moment; as a full one, it is listed when it is drained.
        giveUp(slab);
      } else if (!slab.isRetired()) {
        slab.markFull(); // claimed: see findCandidate
      }
    }
    return null;
  }

  /** Gives up a current slab that has nothing to give. */
  private void retreat(final int sizeClass) {
    final Slab exhausted = current[sizeClass];
    if (exhausted != Slab.NOBODY) {
      current(sizeClass, Slab.NOBODY);
      giveUp(exhausted);
    }
  }

  /** With release: the agent glances at the current slabs of live threads. */
  private void current(final int sizeClass, final Slab slab) {
    if (sizeClass >= SizeClasses.SMALL_COUNT) {
      mediumCurrents += present(slab) - present(current[sizeClass]);
    }
    SLABS.setRelease(current, sizeClass, slab);
  }

  private static int present(final Slab slab) {
    return slab == Slab.NOBODY ? 0 : 1;
  }

  private void giveUp(final Slab slab) {
    slab.markFull();
    slab.makeHeld();
    // The last remote free may have come while it was still current.
    source.retireIfEmpty(slab);
  }

  private Refusal carve(final int sizeClass, final long granules) {
    final long blockBytes = SizeClasses.bytes(sizeClass);
    final int blocks = (int) (Geometry.bytesOf(granules) / blockBytes);
    final Slab slab = new Slab(this, sizeClass, blockBytes, blocks);
    slab.makeCurrent(this); // before anybody can see it
    final Refusal refusal =
        kind == Kind.COMPACTION
            ? source.carve(slab, granules, 1)
            : source.carveLeavingHeadroom(slab, granules);
    if (refusal == null) {
      retreat(sizeClass);
      reload(slab);
      current(sizeClass, slab);
    }
    return refusal;
  }

  // --- freeing -----------------------------------------------------------------------------------

  /**
   * Frees a block start of one of this heap's slabs.
   *
   * @return false if it is free already
   */
  boolean freeLocal(final Slab slab, final int index) {
    if (!slab.freeLocal(index)) {
      return false;
    }
    noticeFree(slab, index);
    return true;
  }

  /** Frees a block of one of this heap's slabs that was held back. */
  void freeHeldBack(final Slab slab, final int index) {
    source.freeHeldBack(slab, index);
    noticeFree(slab, index);
  }

  private void noticeFree(final Slab slab, final int index) {
    if (slab.isMarkedFull() && slab.isHeld()) {
      list(slab);
    }
    if (slab.isWordEmpty(index)) {
      noticeEmptyWord(slab);
    }
  }

  /** After a free that made all blocks of a word free. */
  void noticeEmptyWord(final Slab slab) {
    if (!slab.isCurrentPlain()) {
      VarHandle.fullFence(); // the free, then the look at the other words: see Slab
      if (source.retireIfEmpty(slab)) {
        SlabList.unlist(slab);
      }
    } else if (lock != null && slab.isEmpty()) {
      heaps.stir(); // it has to be noticed when it stays like that
    }
  }

  /**
   * Frees a block start of one of this heap's slabs, by a thread that does not own the heap.
   *
   * @return false if it is free already
   */
  boolean freeRemote(final Slab slab, final int index) {
    if (!slab.freeRemote(index)) {
      return false;
    }
    announce(slab);
    // A current slab cannot be retired, and a look at its bitmap would take it from its owner's
    // cache.
    if (!slab.isCurrent() && slab.isWordEmpty(index)) {
      source.retireIfEmpty(slab);
    }
    return true;
  }

  /** Tells the owner of a slab that there is something for it. By any thread. */
  static void announce(final Slab slab) {
    if (slab.winToken()) {
      ((Heap) slab.owner()).enqueue(slab); // the owner is read after the token was won
    }
  }

  private void enqueue(final Slab slab) {
    push(slab);
    examinations.set(0);
    heaps.stir();
  }

  private void push(final Slab slab) {
    Slab head;
    do {
      head = (Slab) QUEUE.getVolatile(this);
      slab.nextQueued(head);
    } while (!QUEUE.compareAndSet(this, head, slab));
  }

  /** Takes in what other threads have freed; false if that is nothing. */
  boolean drainQueue() {
    if (QUEUE.getOpaque(this) == null) {
      return false;
    }
    Slab slab = (Slab) QUEUE.getAndSet(this, null);
    while (slab != null) {
      final Slab next = slab.nextQueued();
      slab.nextQueued(null);
      drain(slab);
      slab = next;
    }
    return true;
  }

  private void drain(final Slab slab) {
    reportTwice(slab, slab.drain());
    if (slab.isRetired() || !slab.isCurrentPlain() && source.retireIfEmpty(slab)) {
      SlabList.unlist(slab);
    } else if (slab.isMarkedFull() && !slab.isCurrentPlain()) {
      list(slab);
    }
  }

  private void reportTwice(final Slab slab, final int twice) {
    if (twice > 0) {
      heaps.misuses().freedTwice(slab, twice);
    }
  }

  private void list(final Slab slab) {
    slab.unmarkFull();
    available[slab.sizeClass()].add(slab);
  }

  // --- giving back -------------------------------------------------------------------------------

  /** Makes every current slab an ordinary one, and retires those that are empty. */
  void settle() {
    drainQueue();
    Arrays.fill(borrowed, (byte) 0);
    for (int sizeClass = 0; sizeClass < current.length; sizeClass++) {
      putAway(sizeClass, source.now());
    }
  }

  /** Makes current slabs that are used by less than half ordinary ones. */
  void settleSparse() {
    drainQueue();
    for (int sizeClass = 0; sizeClass < current.length; sizeClass++) {
      if (current[sizeClass].liveCount() * 2 < current[sizeClass].blockCount()) {
        putAway(sizeClass, source.now());
      }
    }
  }

  /** Retires the current slabs that are empty. */
  void retireEmptyCurrents() {
    awaitExaminer();
    drainQueue();
    for (int sizeClass = 0; sizeClass < current.length; sizeClass++) {
      if (current[sizeClass] != Slab.NOBODY && current[sizeClass].isEmpty()) {
        putAway(sizeClass, source.now());
      }
    }
  }

  /**
   * Of a shared heap: retires the current slabs that have been empty for so long, and makes those
   * ordinary ones that have issued nothing for so long.
   *
   * @return in how many nanoseconds the next one may be due; {@code Long.MAX_VALUE} if there is
   *     none
   */
  long retireResting(final long nowNanos, final long idleNanos) {
    long delay = Long.MAX_VALUE;
    for (int sizeClass = 0; sizeClass < current.length; sizeClass++) {
      final Slab slab = current[sizeClass];
      if (slab != Slab.NOBODY) {
        final long since = slab.restOrNew().since(slab, nowNanos);
        if (nowNanos - since >= idleNanos) {
          putAway(sizeClass, since);
        } else {
          delay = Math.min(delay, since + idleNanos - nowNanos);
        }
      }
    }
    return delay;
  }

  private void putAway(final int sizeClass, final long emptySinceNanos) {
    final Slab slab = current[sizeClass];
    if (slab != Slab.NOBODY) {
      current(sizeClass, Slab.NOBODY);
      // Listed first: once it is held, another thread may retire it at any moment.
      available[sizeClass].add(slab);
      slab.makeHeld();
      if (source.claimIfEmpty(slab)) {
        source.retire(slab, emptySinceNanos);
        SlabList.unlist(slab);
      }
    }
  }

  /**
   * Looks once more at the queued slabs, in case two frees at the same instant have not seen each
   * other: when it is called for the 1st, 2nd, 3rd, 5th, 9th time and so on since a slab was
   * queued. By any thread; the owner drains what remains.
   */
  void examine() {
    final int before = examinations.get();
    // Not if a slab was queued meanwhile: then it is the first time again.
    examinations.compareAndSet(before, before + 1);
    if (Integer.bitCount(before) <= 1) {
      examineQueue();
    }
  }

  /** Looks once more at the queued slabs, if it was not done since one was queued. */
  void examineNew() {
    if (examinations.compareAndSet(0, 1)) {
      examineQueue();
    }
  }

  private synchronized void examineQueue() {
    Slab slab = (Slab) QUEUE.getAndSet(this, null);
    while (slab != null) {
      final Slab next = slab.nextQueued();
      slab.nextQueued(null);
      // A tombstone need not wait for the owner, who may never come.
      if (!slab.isRetired() && !source.retireIfEmpty(slab)) {
        push(slab);
      }
      slab = next;
    }
  }

  /** Waits until nobody holds slabs of the queue in hand, so that the owner finds them there. */
  private synchronized void awaitExaminer() {}

  /** Java-heap bytes of this object and its tables, about. */
  long metadataBytes() {
    return 200L
        + 32L * current.length
        + borrowed.length
        + poorInARow.length
        + (lock == null ? MediumUse.BYTES : 0)
        + (samples == null ? 0 : Samples.BYTES);
  }
}
