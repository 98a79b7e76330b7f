package io.quarry.checks;

import io.quarry.heap.Freed;
import io.quarry.heap.Heaps;
import io.quarry.posix.Posix;
import io.quarry.region.Geometry;
import io.quarry.region.Refusal;
import io.quarry.slab.SampleGap;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The watched blocks of one allocator, or one arena. Chooses which blocks are to be watched, and
 * does what a watched block needs:
 *
 * <pre>
 *   allocated   its trace is taken; a red zone is laid behind it, or a guard page
 *   freed       the red zone is verified; the block is filled with poison and held in quarantine
 *   released    after the idle time, or earlier if memory is short or the quarantine is full: the
 *               poison and the red zone are verified, and the block may be issued again
 * </pre>
 *
 * What is found broken is reported as a misuse, with the traces. The record of a block that was
 * released lasts until its address is issued again, or a thousand more were released: a late second
 * free can be told who made the first.
 *
 * <p>All methods may be called by any thread. Blocks of whose memory this class touches are between
 * {@link Heaps#enterCall} and {@link Heaps#leaveCall}, so that it cannot become somebody else's
 * meanwhile.
 */
public final class WatchedBlocks {
  private static final int MOST_REMEMBERED = 1 << 10;

  /** Of a block, its entry, and a trace of up to 32 frames. */
  private static final long METADATA_BYTES = 1_000;

  private final WatchedBlocks parent;
  private final Heaps heaps;
  private final WatchPolicy policy;
  private final LongSupplier nanoClock;
  private final GuardPages guards;
  private final SampleThrottle throttle;
  private final Quarantine quarantine;

  /** By address: those that are live, in quarantine, or were until a while ago. */
  private final ConcurrentHashMap<Long, WatchedBlock> blocks = new ConcurrentHashMap<>();

  private final Set<WatchedBlocks> children = ConcurrentHashMap.newKeySet();

  /** A ring of those that were released last. Guarded by itself. */
  private final WatchedBlock[] remembered = new WatchedBlock[MOST_REMEMBERED];

  private int nextRemembered;

  /** Guarded by this. */
  private boolean ended;

  private WatchedBlocks(
      final WatchedBlocks parent,
      final Heaps heaps,
      final WatchPolicy policy,
      final GuardPages guards,
      final LongSupplier nanoClock) {
    this.parent = parent;
    this.heaps = heaps;
    this.policy = policy;
    this.nanoClock = nanoClock;
    this.guards = guards;
    throttle =
        policy.watchesAll()
            ? null
            : new SampleThrottle(policy.mostPerSecond(), nanoClock.getAsLong());
    quarantine = new Quarantine(policy.mostQuarantineBytes());
    heaps.onShortage(this::releaseAll);
  }

  /** Those of an allocator of so many bytes. */
  public static WatchedBlocks of(
      final Heaps heaps,
      final WatchPolicy policy,
      final long capacityBytes,
      final Posix posix,
      final LongSupplier nanoClock) {
    return new WatchedBlocks(
        null, heaps, policy.within(capacityBytes), new GuardPages(posix), nanoClock);
  }

  /** Those of an arena. */
  public WatchedBlocks ofArena(final Heaps ofArena, final long limitBytes) {
    final WatchedBlocks child =
        new WatchedBlocks(this, ofArena, policy.within(limitBytes), guards, nanoClock);
    children.add(child);
    return child;
  }

  boolean isOfArena() {
    return parent != null;
  }

  // --- allocating --------------------------------------------------------------------------------

  /**
   * Allocates a block, watched or not.
   *
   * @return as {@link Heaps#allocate}
   */
  public long allocate(final long size, final long alignment) {
    if (policy.watchesAll()) {
      return watch(size, alignment);
    }
    return size > SizeClasses.MAX_CLASS_BYTES
        ? allocateLarge(size, alignment)
        : allocateOfClass(size, alignment);
  }

  private long allocateLarge(final long size, final long alignment) {
    if (SampleGap.draw(policy.intervalBytes(), size) == 0
        && throttle.allows(nanoClock.getAsLong())) {
      final long watched = watch(size, alignment);
      if (watched > 0) {
        return watched;
      }
    }
    return heaps.allocate(size, alignment);
  }

  /** A sample that there is no room for stays the ordinary block that it was drawn as. */
  private long allocateOfClass(final long size, final long alignment) {
    final long outcome = heaps.allocate(size, alignment);
    if (outcome > 0 && Heaps.isSample(outcome) && throttle.allows(nanoClock.getAsLong())) {
      final long watched = watch(size, alignment);
      if (watched > 0) {
        final long unseen = Heaps.untagged(outcome);
        heaps.watched().takeBack(unseen, SlabDirectory.slabAt(unseen));
        return watched;
      }
    }
    return outcome;
  }

  private long watch(final long size, final long alignment) {
    if (size > Geometry.MAX_BLOCK_BYTES) {
      return Heaps.refused(Refusal.TOO_LARGE);
    }
    final Trace trace = Trace.ofAllocation(); // all memory before the block
    final long outcome = heaps.watched().allocate(bytesFor(size, alignment), alignment);
    if (outcome < 0) {
      return outcome;
    }
    final int entered = heaps.enterCall();
    if (entered < 0) {
      return Heaps.refused(Refusal.CLOSED); // the block has gone with all others
    }
    final long address = Heaps.untagged(outcome);
    final Slab slab = SlabDirectory.slabAt(address);
    boolean isKnown = false;
    try {
      enter(slab, address, size, trace);
      isKnown = true;
    } finally {
      if (!isKnown) {
        heaps.watched().holdBack(slab);
        heaps.watched().free(slab, slab.indexOf(address));
      }
      heaps.leaveCall(entered);
    }
    return outcome;
  }

  /** The bytes that a block takes with what is behind it. */
  private long bytesFor(final long size, final long alignment) {
    final long bytes = size + RedZone.LEAST_BYTES;
    return policy.watchesAll() && Heaps.classFor(bytes, alignment) < 0
        ? guards.bytesWithGuard(size)
        : bytes;
  }

  private void enter(final Slab slab, final long address, final long size, final Trace trace) {
    final boolean guarded =
        policy.watchesAll() && slab.sizeClass() == Slab.LARGE && guards.protect(address, size);
    if (blocks.isEmpty()) {
      LeakWatch.began(this);
    }
    boolean isKnown = false;
    try {
      final WatchedBlock block = new WatchedBlock(slab, address, size, guarded, trace);
      RedZone.lay(address, size, endOf(block));
      blocks.put(address, block);
      isKnown = true;
    } finally {
      if (!isKnown && guarded) {
        guards.unprotect(address, size);
      }
    }
  }

  /** Up to which offset the memory behind a block is its own. */
  private long endOf(final WatchedBlock block) {
    return block.isGuarded() ? guards.offsetOfGuard(block.size()) : block.slab().blockBytes();
  }

  // --- what is where -----------------------------------------------------------------------------

  /**
   * The watched block that starts at an address of a slab, whether it is live or not any more; null
   * if there is none, or none is remembered.
   */
  public WatchedBlock blockAt(final Slab slab, final long address) {
    final WatchedBlock block = blocks.get(address);
    return block != null && block.slab() == slab ? block : null;
  }

  /** The live blocks, those of arenas included, in no order. */
  public List<WatchedBlock> live() {
    final List<WatchedBlock> live = new ArrayList<>();
    addLiveTo(live);
    children.forEach(child -> live.addAll(child.live()));
    return live;
  }

  /** Java-heap bytes of all that is known of blocks, those of arenas included, about. */
  public long metadataBytes() {
    long bytes = METADATA_BYTES * blocks.size() + 4 * MOST_REMEMBERED;
    for (final WatchedBlocks child : children) {
      bytes += child.metadataBytes();
    }
    return bytes;
  }

  /** Of this allocator or arena itself. */
  void addLiveTo(final List<WatchedBlock> live) {
    for (final WatchedBlock block : blocks.values()) {
      if (block.isLive()) {
        live.add(block);
      }
    }
  }

  // --- freeing -----------------------------------------------------------------------------------

  /** Frees a block for which {@link Heaps#free} has said that it is watched. */
  public Freed free(final Slab slab, final long address) {
    final int entered = heaps.enterCall();
    if (entered < 0) {
      return Freed.FOREIGN; // closed: the caller looks
    }
    try {
      final WatchedBlock block = blockAt(slab, address);
      if (block == null || !block.free(Trace.ofFree())) {
        return Freed.DOUBLE_FREE;
      }
      if (!verifyRedZone(block, "when it was freed")) {
        RedZone.lay(address, block.size(), endOf(block)); // said once is enough
      }
      heaps.watched().holdBack(slab);
      if (quarantine.admits(block)) {
        hold(block);
      } else {
        release(block);
      }
      return Freed.FREED;
    } finally {
      heaps.leaveCall(entered);
    }
  }

  private void hold(final WatchedBlock block) {
    Pattern.POISON.fill(block.address(), poisonBytes(block));
    block.poisoned = true;
    block.freedNanos = nanoClock.getAsLong();
    if (quarantine.add(block)) {
      heaps.stir(); // it has to leave in time
    }
    WatchedBlock excess = quarantine.pollExcess();
    while (excess != null && release(excess)) {
      excess = quarantine.pollExcess();
    }
  }

  private long poisonBytes(final WatchedBlock block) {
    return Math.min(policy.mostPoisonBytes(), block.size());
  }

  /** Lets a block be issued again; false if it has to stay a while longer. */
  private boolean release(final WatchedBlock block) {
    if (block.isGuarded() && !guards.unprotect(block.address(), block.size())) {
      block.freedNanos = nanoClock.getAsLong();
      quarantine.add(block); // the next owner must not find the guard
      return false;
    }
    verifyFree(block);
    remember(block);
    heaps.watched().free(block.slab(), block.index());
    return true;
  }

  private void remember(final WatchedBlock block) {
    final WatchedBlock forgotten;
    synchronized (remembered) {
      forgotten = remembered[nextRemembered];
      remembered[nextRemembered] = block;
      nextRemembered = (nextRemembered + 1) % MOST_REMEMBERED;
    }
    if (forgotten != null) {
      blocks.remove(forgotten.address(), forgotten);
    }
  }

  /** Frees all blocks that are held back, for somebody needs the memory. */
  private void releaseAll() {
    final int entered = heaps.enterCall();
    if (entered >= 0) {
      try {
        WatchedBlock block = quarantine.poll();
        while (block != null && release(block)) {
          block = quarantine.poll();
        }
      } finally {
        heaps.leaveCall(entered);
      }
    }
  }

  /** Frees the blocks that were held back for long enough. For the maintenance thread. */
  public void releaseFreedBefore(final long nanos) {
    final int entered = heaps.enterCall();
    if (entered >= 0) {
      try {
        WatchedBlock block = quarantine.pollFreedBefore(nanos);
        while (block != null && release(block)) {
          block = quarantine.pollFreedBefore(nanos);
        }
      } finally {
        heaps.leaveCall(entered);
      }
    }
  }

  /** When the block that is held back for longest was freed; null if there is none. */
  public Long oldestHeldBackNanos() {
    return quarantine.oldestNanos();
  }

  // --- resizing ----------------------------------------------------------------------------------

  /**
   * Changes the size of a large block without copying it, as {@link
   * io.quarry.heap.LargeBlocks#resize} does, and under the same conditions. Where all blocks are
   * watched there is no such way: whoever still uses the old address is to be found out.
   *
   * @return the address of the block, or 0; nothing has changed then
   */
  public long resize(final WatchedBlock block, final long newSize) {
    if (policy.watchesAll()
        || newSize > Geometry.MAX_BLOCK_BYTES
        || !block.free(Trace.ofResize())) {
      return 0;
    }
    verifyRedZone(block, "when it was resized");
    long moved = 0;
    try {
      moved = heaps.large().resize(block.slab(), newSize + RedZone.LEAST_BYTES);
    } finally {
      if (moved == 0) {
        block.revive();
      }
    }
    if (moved != 0) {
      remember(block);
      enter(SlabDirectory.slabAt(moved), moved, newSize, Trace.ofResize());
    }
    return moved;
  }

  // --- verifying ---------------------------------------------------------------------------------

  private boolean verifyRedZone(final WatchedBlock block, final String when) {
    final long damage = RedZone.firstDamage(block.address(), block.size(), endOf(block));
    if (damage >= 0) {
      report("was written behind its end", block, damage, endOf(block), when);
    }
    return damage < 0;
  }

  private void verifyFree(final WatchedBlock block) {
    if (!block.poisoned) {
      return;
    }
    final long length = poisonBytes(block);
    final long damage = Pattern.POISON.firstDifference(block.address(), length);
    if (damage >= 0) {
      report("was written after it was freed", block, damage, length, "when it left quarantine");
    } else {
      verifyRedZone(block, "when it left quarantine");
    }
  }

  private void report(
      final String what,
      final WatchedBlock block,
      final long offset,
      final long end,
      final String when) {
    final String description =
        String.format(
            "a block %s: from offset %d on there is %s, found %s; %s",
            what,
            offset,
            Pattern.bytesAt(block.address() + offset, end - offset),
            when,
            block.inFull());
    heaps.misuses().found(description);
    LeakWatch.misused(description);
    heaps.stir();
  }

  // --- the end -----------------------------------------------------------------------------------

  /**
   * Verifies everything for the last time, and takes the guard pages away. To be called when the
   * heaps are closed, no call is in progress that touches memory, and before it is given back; of
   * several threads that do, all wait for the first. Idempotent.
   */
  public synchronized void end() {
    if (ended) {
      return;
    }
    ended = true;
    for (WatchedBlock block = quarantine.poll(); block != null; block = quarantine.poll()) {
      verifyFree(block);
      unguard(block);
    }
    final List<WatchedBlock> live = new ArrayList<>();
    addLiveTo(live);
    for (final WatchedBlock block : live) {
      verifyRedZone(block, "when its allocator was closed");
      unguard(block);
    }
    if (parent != null) {
      parent.children.remove(this);
    }
    LeakWatch.ended(this, live);
  }

  private void unguard(final WatchedBlock block) {
    if (block.isGuarded()) {
      guards.unprotect(block.address(), block.size());
    }
  }
}
