package io.quarry.slab;

import io.quarry.region.Geometry;
import io.quarry.region.Run;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A run of granules cut into blocks of one size, and two bits for each of them. Nothing is ever
 * written into the blocks themselves.
 *
 * <p>The invariant, whenever no call is in progress, for every word {@code i} of the bitmaps:
 *
 * <pre>
 *   free[i] &amp; remote[i] == 0
 *   word == 0  or  word is a subset of free[wordIndex]
 *   run.bytes() == (live + freeBlocks) * blockBytes + tailBytes,
 *       freeBlocks = bits of free | remote below blockCount,   live = blockCount - freeBlocks
 * </pre>
 *
 * {@link #checkInvariant} evaluates it.
 */
public final class Slab extends SlabRecords {
  /*
   * The protocol. A slab belongs to an owner: to a thread's heap, to a shared heap, whose lock then
   * stands for the thread, to the heap that compaction fills, or to nobody in particular if it is a
   * single large block. Below, "the owner" is the one thread that acts for it: the heap's thread; the
   * holder of a shared heap's or the compaction heap's lock; or, where the thread is dead or its heap
   * was taken from it, whoever holds the lock of all heaps. Handing a heap from one to the next always
   * passes through a lock, Thread.isAlive() == false, or a handshake with the thread (IdleThreads),
   * each of which orders all that the former did before all that the latter does.
   *
   * free[]   The truth. Written by the owner only. To issue a block it clears the bit with a plain
   *          store: whoever learns the address learns it after the store. To free one it sets the bit
   *          with release: what the program wrote into the block comes before it, so a thread that
   *          reads the bit with acquire may unmap the block.
   * word     The owner's candidates, checked out of free[wordIndex] once for up to 64 allocations: the
   *          next malloc need not wait for the store of the last free to come back from the store
   *          buffer. Always a subset of free[wordIndex], since only issuing clears bits there.
   * remote[] Frees by all other threads, set with an atomic OR. Moved to free[] by the owner, who
   *          publishes free | remote with release before it clears the bits here with an atomic AND:
   *          a reader that reads remote first and free after it sees each free in at least one.
   * token    Set by the first remote free that finds it clear; who sets it puts the slab into the
   *          owner's queue. So a slab is queued at most once, by exactly one thread. The owner clears
   *          it after it has taken the slab from the queue and before it reads remote[]. Of a remote
   *          thread's (OR remote, read token) and the owner's (clear token, read remote), all of them
   *          volatile or stronger, one sees the other: either the owner reads the bit, or the
   *          thread finds the token clear and queues the slab again.
   * fastOwner Written by the owner only: itself while a free by it needs to set the bit and do no
   *          more; nobody while the slab is full and not listed.
   * owner    Stays the same, with one exception: a slab that compaction has filled, and in which
   *          blocks were freed since, goes to a heap that wants to allocate from it. Both owners act
   *          under the lock of the compaction heap then. The slab is made CURRENT, so that nobody
   *          claims it, and the token is set, so that nobody queues it; then the owner changes; then
   *          the new one clears the token and drains. Whoever wins the token reads the owner
   *          afterwards: either the token is won before the hand-over tried to set it, which then
   *          fails and changes nothing; or it is won after the drain cleared it, and the winner sees
   *          the new owner. Whoever reads the former owner a moment too long takes himself for a
   *          remote thread, and he is one: no thread and no lock of a heap acts for the compaction
   *          heap in a free, so all frees into its slabs were remote, and the new owner himself has
   *          written the owner that he reads.
   *
   * A second free is found, because the first one's bit is still there:
   *   first local,  second anywhere   the bit is in free[], unless the block was issued again.
   *   first remote, second remote     the bit is in remote[], or the owner has moved it to free[]:
   *                                   seen by a look at remote[] and then at free[]. The OR alone
   *                                   would not do, for the owner may move it between a look at
   *                                   free[] and the OR.
   *   first remote, second local      the first set the token or found it set before it returned. If
   *                                   the second finds it clear, the owner, this very thread, has
   *                                   drained since, and the bit is in free[]; if it finds it set, it
   *                                   looks at remote[] as well.
   * Two frees at the same instant may both be taken, if one is local, or if the owner drains the
   * first between the second one's look and its OR; the next drain then finds the bit in both maps,
   * counts it and reports it, unless the slab has fallen empty and was retired
   * before, when there is nothing left to harm. A remote free never looks at free[] again after its
   * OR to find misuse: the owner may have drained its own, legitimate bit already.
   *
   * state    CURRENT  the owner allocates from it, without synchronisation.
   *          HELD     the owner's, but it does not allocate from it.
   *          CLAIMED  somebody, whoever it is, has taken it out of circulation for a moment, to see
   *                   whether it can be retired, to move its blocks elsewhere first, or to give
   *                   back pages without a live block. Nobody allocates; frees go on.
   *          RETIRED  for good; its granules are somebody else's. The object stays in the directory as
   *                   a tombstone until they are carved anew: a late second free finds it.
   *     HELD -> CURRENT by the owner's compare-and-set, CURRENT -> HELD by the owner's volatile store,
   *     HELD -> CLAIMED by anybody's compare-and-set, CLAIMED -> RETIRED or -> HELD by the claimant.
   * While a slab is HELD or CLAIMED, nobody issues blocks of it: free | remote only grows. So if a
   * claimant finds all bits set, all blocks are free and will stay so. The same holds of the bits of
   * one page.
   *
   * The end of an allocator, or of an arena, is the one exception to all of this: its slabs become
   * RETIRED in whatever state they are, and their granules somebody else's. By then no thread that
   * looks finds a heap of it any more, nor is one in the middle of a call that touches memory
   * (CallsInFlight); but one may still be between two steps of malloc, free, or of a claim. What it
   * does from there on it does to the Java objects of these slabs. They are in no register, so it
   * changes no book (SlabSource looks under its lock). They may become HELD once more, by a
   * makeHeld or an unclaim that comes too late, and be in the directory like that, as tombstones:
   * but their owner is of a closed allocator, so every call of another one takes their addresses for
   * foreign, and every call of this one is refused before it looks. Only the bitmap of all
   * tombstones must not be written: a CURRENT slab, from which its owner may be issuing a block
   * with plain stores at this moment, keeps its own; so does a CLAIMED one. All others get the
   * shared one, where every free is a double free and nothing is written. A malloc that was under
   * way may still return an address: it is as if it had returned just before the end, and the
   * block had gone with the others.
   *
   * Who notices that a slab fell empty? Each thread that frees the last block of a word looks at the
   * others, after a full fence. Of two threads that do so in different words at once, at least one
   * sees the other's bit (the argument of Dekker), and of a thread that tries to claim a slab which is
   * still CURRENT, or does not even look because it is, and an owner that makes it HELD and then
   * looks, at least one finds it empty and HELD. One case escapes: the owner's fast free has no fence, and if the token is set in the
   * moment between its look at the token and its store, neither may see the other. The token is set,
   * therefore the slab is in the queue until the owner drains it, and the maintenance agent looks at
   * the queue again, and again, at growing intervals (Heap.examine): once would not do, for the owner
   * may be off its processor between the look and the store for any length of time.
   */

  /** The owner allocates from it. */
  public static final int CURRENT = 0;

  /** The owner's, not current. */
  public static final int HELD = 1;

  /** Taken out of circulation by a thread that wants to retire it. */
  public static final int CLAIMED = 2;

  /** Gone; what is left is a tombstone. */
  public static final int RETIRED = 3;

  /** The class of a slab that holds a single large block. */
  public static final int LARGE = -1;

  /**
   * At the end of free[], to keep remote[] off the cache line that free[] ends on. Not of a long
   * one, where few blocks would share that line and where it would weigh most: there are two bits
   * for each 16 bytes.
   */
  private static final int PADDING_WORDS = 8;

  /** So many candidates make it worth while to stay with a word. */
  private static final int ENOUGH_TO_STAY = Long.SIZE / 2;

  /** From here on a bitmap is long. */
  private static final int LONG_WORDS = 32;

  /** Java-heap bytes of this object and its run, by the layout of a JVM with compressed oops. */
  private static final long OBJECT_BYTES = 144 + 32;

  private static final long ARRAY_HEADER_BYTES = 16;

  private static final int MOST_BLOCKS = (int) Geometry.GRANULE_BYTES / SizeClasses.QUANTUM;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle STATE;
  private static final VarHandle TOKEN;
  private static final VarHandle FREE;
  private static final VarHandle OWNER;

  /** What a tombstone's bitmap is: all free, shared by all tombstones, never written. */
  private static final long[] ALL_FREE = new long[(MOST_BLOCKS >>> 6) + 1];

  /** What the directory says where there is no slab: of no owner, and with no block. */
  public static final Slab NOBODY;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(Slab.class, "state", int.class);
      TOKEN = lookup.findVarHandle(Slab.class, "token", int.class);
      FREE = lookup.findVarHandle(Slab.class, "free", long[].class);
      OWNER = lookup.findVarHandle(Slab.class, "owner", SlabOwner.class);
    } catch (final ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
    Arrays.fill(ALL_FREE, -1L);
    NOBODY = new Slab(null, LARGE, 0, 0);
    NOBODY.state = RETIRED;
  }

  // What the owner writes with each block it issues. At the end, and apart from what other threads
  // read: see SlabFace.
  private long word;
  private long wordBase;
  private int wordIndex;

  /** Candidates ever checked out, less those put back. */
  private long checkedOut;

  /**
   * A slab without granules yet, made before they are taken.
   *
   * @param blockCount at least 1, but for {@link #NOBODY}; for {@link #LARGE} exactly 1
   */
  public Slab(
      final SlabOwner owner, final int sizeClass, final long blockBytes, final int blockCount) {
    super(sizeClass, blockBytes, blockCount, new long[wordsFor(blockCount, blockBytes)]);
    this.owner = owner;
    final int words = words();
    free = new long[words < LONG_WORDS ? words + PADDING_WORDS : words];
    Arrays.fill(free, -1L);
    state = HELD;
  }

  /**
   * If there is a tail there is a bit to spare: the offset of the tail has an index, and a bit that
   * is set. A slab of whole granules of blocks smaller than one has none.
   */
  private static int wordsFor(final int blocks, final long blockBytes) {
    final boolean hasNoTail =
        blocks > 0
            && blockBytes < Geometry.GRANULE_BYTES
            && blocks * blockBytes % Geometry.GRANULE_BYTES == 0;
    return ((hasNoTail ? blocks - 1 : blocks) >>> 6) + 1;
  }

  /** To be called once, when {@link #run()} has been filled in, before the slab is published. */
  public void place() {
    base = run.address();
    untouched = run.pristine() && blockCount <= Long.SIZE ? -1L : 0;
  }

  // --- what it is --------------------------------------------------------------------------------

  /** Who it belongs to; may be a former owner if the caller does not act for any. */
  public SlabOwner owner() {
    return (SlabOwner) OWNER.getAcquire(this);
  }

  public int sizeClass() {
    return sizeClass;
  }

  public long blockBytes() {
    return blockBytes;
  }

  /** Whether threads may have slabs of this kind for themselves. */
  boolean isSmall() {
    return sizeClass >= 0 && sizeClass < SizeClasses.SMALL_COUNT;
  }

  public int blockCount() {
    return blockCount;
  }

  public long base() {
    return base;
  }

  /** Its granules. */
  public Run run() {
    return run;
  }

  public long tailBytes() {
    return run.bytes() - blockBytes * blockCount;
  }

  // --- allocating: the owner only ----------------------------------------------------------------

  /** Issues the only block of a slab, before the slab has granules or an address. */
  public void issueOnly() {
    free[0] = ~1L;
    checkedOut = 1;
  }

  /**
   * Whether a thread, the current one, owns this slab and may call {@link #take}. If it does, it is
   * the owner's current slab: others have no candidate.
   */
  public boolean mayTake(final Thread current) {
    return word != 0 && fastOwner.isActedForBy(current);
  }

  /** Whether {@link #take} may be called, by the owner. */
  public boolean hasCandidate() {
    return word != 0;
  }

  /** Issues the lowest candidate. */
  public long take() {
    final long candidates = word;
    word = candidates & candidates - 1;
    free[wordIndex] ^= candidates & -candidates;
    return wordBase + Long.numberOfTrailingZeros(candidates) * blockBytes;
  }

  /**
   * Checks out the candidates of the next word that has any, going round; false if the slab is
   * full. Not of the lowest: that one is the fullest, and would be back with one candidate or two.
   * Of the same one again if it has filled up meanwhile: its blocks are still in the caches.
   */
  public boolean reload() {
    final int words = words();
    int i = wordIndex;
    if (Long.bitCount(free[i] & blocksOf(i)) >= ENOUGH_TO_STAY) {
      i--;
    }
    for (int visited = 0; visited < words; visited++) {
      i = i + 1 < words ? i + 1 : 0;
      final long candidates = free[i] & blocksOf(i);
      if (candidates != 0) {
        checkedOut += Long.bitCount(candidates);
        wordIndex = i;
        wordBase = base + ((long) i << 6) * blockBytes;
        word = candidates;
        return true;
      }
    }
    return false;
  }

  /**
   * Gives up all candidates but the lowest so many, right after {@link #reload}.
   *
   * @return how many are left
   */
  public int keepCandidates(final long most) {
    final int before = Long.bitCount(word);
    if (before <= most) {
      return before;
    }
    long surplus = word;
    for (int kept = 0; kept < most; kept++) {
      surplus &= surplus - 1;
    }
    word ^= surplus;
    checkedOut -= Long.bitCount(surplus);
    return (int) most;
  }

  /** How many candidates there are; the owner only. */
  public int candidates() {
    return Long.bitCount(word);
  }

  /** The bits of a word that stand for blocks. */
  private long blocksOf(final int i) {
    final int blocks = blockCount - (i << 6);
    return blocks >= Long.SIZE ? -1L : (1L << blocks) - 1;
  }

  /** Tries to take the slab from HELD to CURRENT; fails if somebody has claimed or retired it. */
  public boolean makeCurrent(final SlabOwner by) {
    if (!STATE.compareAndSet(this, HELD, CURRENT)) {
      return false;
    }
    fastOwner = by;
    return true;
  }

  /** Gives up the candidates that were not issued. */
  public void putBack() {
    checkedOut -= Long.bitCount(word);
    word = 0;
  }

  /** From CURRENT to HELD. Volatile: the owner looks at what others did right after it. */
  public void makeHeld() {
    putBack();
    STATE.setVolatile(this, HELD);
  }

  /** Says that the owner has to be told of the next free, because the slab is full. */
  public void markFull() {
    fastOwner = SlabOwner.NOBODY;
  }

  public boolean isMarkedFull() {
    return fastOwner == SlabOwner.NOBODY;
  }

  /** Takes back what {@link #markFull} said. */
  public void unmarkFull() {
    fastOwner = owner;
  }

  /** Whether a block is issued for the first time since the kernel mapped it: then it is zero. */
  public boolean firstIssue(final int index) {
    final long bit = 1L << index;
    final boolean first = (untouched & bit) != 0;
    untouched &= ~bit;
    return first;
  }

  // --- from address to block ---------------------------------------------------------------------

  /** The block that an address of this slab lies in; {@link #blockCount} stands for the tail. */
  public int indexOf(final long address) {
    return (int) ((address - base) * reciprocal >>> BlockIndex.FRACTION_BITS);
  }

  /**
   * The block that starts at an address; -1 if none does, or for the tail perhaps its index, whose
   * bit is always set.
   *
   * @param address any address, if the slab was found by {@link SlabDirectory#guessAt}
   */
  public int indexOfStart(final long address) {
    final long offset = address - base;
    final int index = (int) (offset * reciprocal >>> BlockIndex.FRACTION_BITS);
    return index * blockBytes == offset && index >>> 6 < remote.length ? index : -1;
  }

  /** Whether an address of this slab is the start of a block. */
  public boolean isBlockStart(final long address) {
    final long product = (address - base) * reciprocal;
    return (product & BlockIndex.FRACTION_MASK) < reciprocal
        && (int) (product >>> BlockIndex.FRACTION_BITS) < blockCount;
  }

  public long addressOf(final int index) {
    return base + index * blockBytes;
  }

  /** Whether the block is free, by whichever thread. */
  public boolean isFree(final int index) {
    final long bit = 1L << index;
    return ((remoteVolatile(index >>> 6) | freeVolatile(index >>> 6)) & bit) != 0;
  }

  // --- freeing -----------------------------------------------------------------------------------

  /** Whether the current thread may free into this slab of an allocator with {@link #freeFast}. */
  public boolean isFastFor(final Thread current, final Object allocator) {
    final SlabOwner fast = fastOwner;
    return fast.isActedForBy(current) && fast.isPartOf(allocator);
  }

  /**
   * The owner's free where nothing is out of the ordinary: two multiplications, one store.
   *
   * <p>An address for which the multiplications agree, and whose index has a place in the bitmap,
   * is less than 4 GiB above the base. So the guess was right, and the address is the start of a
   * block, or of the tail, whose bit is always set.
   *
   * @param address any address, if the slab was found by {@link SlabDirectory#guessAt}
   * @return false if nothing was done, because there is more to it: the token is set, the block is
   *     free already or no block, or the last of its word, in a slab that may be empty then
   */
  public boolean freeFast(final long address) {
    final long offset = address - base;
    final int index = (int) (offset * reciprocal >>> BlockIndex.FRACTION_BITS);
    final int i = index >>> 6;
    final long[] bitmap = free; // once: another thread may be retiring the slab
    if (index * blockBytes != offset || i >= bitmap.length) {
      return false;
    }
    final long before = bitmap[i];
    final long after = before | 1L << index;
    if (before == after || token != 0 || after == -1L && state != CURRENT) {
      return false;
    }
    WORDS.setRelease(bitmap, i, after);
    return true;
  }

  /**
   * The owner's free of a block start, remote frees considered.
   *
   * @return false if the block is free already
   */
  public boolean freeLocal(final int index) {
    final int i = index >>> 6;
    final long bit = 1L << index;
    final long[] bitmap = free; // once: another thread may be retiring the slab
    if (((remoteVolatile(i) | bitmap[i]) & bit) != 0) {
      return false;
    }
    WORDS.setVolatile(bitmap, i, bitmap[i] | bit);
    return true;
  }

  /**
   * A free by a thread that is not the owner.
   *
   * @return false if the block is free already
   */
  public boolean freeRemote(final int index) {
    final int i = index >>> 6;
    final long bit = 1L << index;
    long before;
    do {
      before = remoteVolatile(i);
      // remote[] first: a bit that the owner is moving is in one of them at any moment.
      if (((before | freeVolatile(i)) & bit) != 0) {
        return false;
      }
    } while (!WORDS.compareAndSet(remote, i, before, before | bit));
    return true;
  }

  /**
   * Says that a block is free for the program, though it stays in use here until {@link
   * #freeHeldBack}. Not synchronised: whoever calls one of these two or {@link #heldBackCount}
   * holds one lock, which is the same for all.
   */
  public void holdBack() {
    heldBack++;
  }

  /** The owner's free of a block that was held back. */
  public void freeHeldBack(final int index) {
    heldBack--;
    freeLocal(index);
  }

  /** Whether this thread is the one that has to queue the slab after its {@link #freeRemote}. */
  public boolean winToken() {
    return (int) TOKEN.getVolatile(this) == 0 && TOKEN.compareAndSet(this, 0, 1);
  }

  /**
   * Gives the slab to another owner, who has to {@link #drain} it next. To be called by the present
   * one, who has just made it CURRENT in the name of the next, as the block comment above says.
   *
   * @return false if the slab is queued, or about to be; nothing has changed then
   */
  public boolean changeHands(final SlabOwner next) {
    if (!winToken()) {
      return false;
    }
    OWNER.setVolatile(this, next);
    return true;
  }

  /** Whether all blocks of the word that a block lies in are free. */
  public boolean isWordEmpty(final int index) {
    return (remoteVolatile(index >>> 6) | freeVolatile(index >>> 6)) == -1L;
  }

  /** Whether all blocks are free. Lasting only while the slab is HELD or CLAIMED. */
  public boolean isEmpty() {
    for (int i = 0; i < words(); i++) {
      if ((remoteVolatile(i) | freeVolatile(i)) != -1L) {
        return false;
      }
    }
    return true;
  }

  /**
   * Moves the remote frees to the owner's bitmap. The owner only, after it took the slab from its
   * queue.
   *
   * @return how many blocks were found to be freed twice, by the owner and by another thread
   */
  public int drain() {
    TOKEN.setVolatile(this, 0);
    final long[] bitmap = free;
    if (bitmap == ALL_FREE) {
      return 0; // retired by another thread: it saw all of them free
    }
    int twice = 0;
    for (int i = 0; i < words(); i++) {
      final long arrived = remoteVolatile(i);
      if (arrived != 0) {
        twice += Long.bitCount(bitmap[i] & arrived);
        WORDS.setVolatile(bitmap, i, bitmap[i] | arrived);
        WORDS.getAndBitwiseAnd(remote, i, ~arrived);
      }
    }
    return twice;
  }

  private long remoteVolatile(final int i) {
    return (long) WORDS.getVolatile(remote, i);
  }

  private long freeVolatile(final int i) {
    return (long) WORDS.getVolatile((long[]) FREE.getAcquire(this), i);
  }

  // --- moving blocks elsewhere: while CLAIMED ----------------------------------------------------

  /** The number of words of the bitmaps. */
  public int words() {
    return remote.length;
  }

  /** One bit for each block of a word that is in use. While CLAIMED, none is added. */
  public long liveBits(final int i) {
    return ~(remoteVolatile(i) | freeVolatile(i)) & blocksOf(i);
  }

  /**
   * Frees blocks of a word that were moved elsewhere.
   *
   * @return how many of them were free already
   */
  public int freeMoved(final int i, final long bits) {
    final long seen = remoteVolatile(i) | freeVolatile(i);
    final long before = (long) WORDS.getAndBitwiseOr(remote, i, bits & ~seen);
    return Long.bitCount(bits & (seen | before));
  }

  /** Makes compaction leave this slab alone for a while. The compactor only, as the next. */
  public void leaveAloneUntil(final long nanos) {
    leftAloneUntilNanos = nanos | 1;
  }

  /** Whether compaction is to leave this slab alone. */
  public boolean isLeftAlone(final long nowNanos) {
    return leftAloneUntilNanos != 0 && nowNanos - leftAloneUntilNanos < 0;
  }

  // --- claiming and retiring ---------------------------------------------------------------------

  public boolean claim() {
    return STATE.compareAndSet(this, HELD, CLAIMED);
  }

  /** From CLAIMED back to HELD. Volatile: the claimant looks once more right after it. */
  public void unclaim() {
    STATE.setVolatile(this, HELD);
  }

  /** From CLAIMED to RETIRED: a tombstone, on which every free is a double free. */
  public void retire() {
    STATE.setVolatile(this, RETIRED);
    FREE.setRelease(this, ALL_FREE);
  }

  /**
   * From any state to RETIRED, whatever is live in it: its allocator is at its end. Where somebody
   * may be using the bitmap at this moment, because the slab is CURRENT or CLAIMED, it stays.
   */
  public void abandon() {
    if (claim()) {
      retire();
    } else {
      STATE.setVolatile(this, RETIRED);
    }
  }

  public boolean isCurrent() {
    return state() == CURRENT;
  }

  public boolean isHeld() {
    return state() == HELD;
  }

  public boolean isRetired() {
    return state() == RETIRED;
  }

  private int state() {
    return (int) STATE.getVolatile(this);
  }

  /** Plain: for the owner, who alone makes a slab current. */
  public boolean isCurrentPlain() {
    return state == CURRENT;
  }

  // --- the owner's queue -------------------------------------------------------------------------

  /** The next slab of the queue this one is in; whoever took the queue may follow it. */
  public Slab nextQueued() {
    return nextQueued;
  }

  public void nextQueued(final Slab next) {
    nextQueued = next;
  }

  public boolean isListed() {
    return list != null;
  }

  // --- resting: for the maintenance agent -------------------------------------------------------

  /** What the agent remembers of this slab; null if nothing. */
  public Rest rest() {
    return rest;
  }

  /** As {@link #rest}, and made if there is none. */
  public Rest restOrNew() {
    if (rest == null) {
      rest = new Rest();
    }
    return rest;
  }

  /**
   * One bit for each part of the slab that holds no live block, the first part's the lowest. Lasts
   * only while the slab is CLAIMED.
   *
   * @param partBytes so many that there are at most 64 parts
   */
  public long emptyParts(final long partBytes) {
    final int parts = (int) ((run.bytes() + partBytes - 1) / partBytes);
    long empty = 0;
    for (int part = 0; part < parts; part++) {
      final int first = (int) (part * partBytes / blockBytes);
      final int last = (int) Math.min(((part + 1) * partBytes - 1) / blockBytes, blockCount - 1);
      if (areFree(first, last)) {
        empty |= 1L << part;
      }
    }
    return empty;
  }

  private boolean areFree(final int first, final int last) {
    for (int i = first >>> 6; i <= last >>> 6 && first <= last; i++) {
      final long from = i == first >>> 6 ? -1L << first : -1L;
      final long to = i == last >>> 6 ? -1L >>> ~last : -1L;
      if ((~(remoteVolatile(i) | freeVolatile(i)) & from & to) != 0) {
        return false;
      }
    }
    return true;
  }

  // --- figures -----------------------------------------------------------------------------------

  /** Blocks that are in use. Exact when no call is in progress. */
  public int liveCount() {
    int freeBits = 0;
    for (int i = 0; i < words(); i++) {
      freeBits += Long.bitCount((remoteVolatile(i) | freeVolatile(i)) & blocksOf(i));
    }
    return blockCount - freeBits;
  }

  /** Of the blocks that are in use, those that are free for the program: see {@link #holdBack}. */
  public int heldBackCount() {
    return heldBack;
  }

  /** Whether at least so many blocks are free in the owner's bitmap, as the owner sees it. */
  public boolean hasFree(final int blocks) {
    int found = 0;
    for (int i = 0; i < words() && found < blocks; i++) {
      found += Long.bitCount(freeVolatile(i) & blocksOf(i));
    }
    return found >= blocks;
  }

  /** Blocks issued so far. Exact when no call is in progress. */
  public long mallocCount() {
    return checkedOut - Long.bitCount(word);
  }

  /** Java-heap bytes of this object and its bitmaps, about; always the same. */
  public long metadataBytes() {
    final int freeLength = words() < LONG_WORDS ? words() + PADDING_WORDS : words();
    return OBJECT_BYTES + 2 * ARRAY_HEADER_BYTES + 8L * (freeLength + words());
  }

  /** Evaluates the invariant; for tests and assertions, while no call is in progress. */
  public boolean checkInvariant() {
    for (int i = 0; i < words(); i++) {
      if ((free[i] & remoteVolatile(i)) != 0 || (free[i] | blocksOf(i)) != -1L) {
        return false;
      }
    }
    final long freeBlocks = blockCount - liveCount();
    return (word & ~free[wordIndex]) == 0
        && run.bytes() == (liveCount() + freeBlocks) * blockBytes + tailBytes();
  }

  @Override
  public String toString() {
    return String.format(
        "slab 0x%x of %d blocks of %d bytes, %d live, %s",
        base,
        blockCount,
        blockBytes,
        liveCount(),
        switch (state()) {
          case CURRENT -> "current";
          case HELD -> "held";
          case CLAIMED -> "claimed";
          default -> "retired";
        });
  }
}
