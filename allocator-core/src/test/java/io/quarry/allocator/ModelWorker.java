package io.quarry.allocator;

import io.quarry.allocator.InvalidAddressException.Reason;
import io.quarry.allocator.Model.Entry;
import io.quarry.slab.SizeClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** One thread of the model test. Leaves its live blocks to the others when it ends. */
final class ModelWorker implements Runnable {

  /** What a thread prefers to do. */
  enum Kind {
    /** Hands most of its blocks over. */
    PRODUCER,
    /** Frees most of the blocks that others hand over. */
    CONSUMER,
    /** A bit of everything. */
    MIXED
  }

  private static final int MOST_HELD = 1_500;
  private static final long MOST_HELD_BYTES = 20L << 20;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final Model model;
  private final SlabAllocator allocator;
  private final SplittableRandom random;
  private final long operations;
  private final Kind kind;
  private final Contents contents = new Contents();
  private final List<Entry> held = new ArrayList<>();
  private long heldBytes;
  private long done;

  ModelWorker(final Model model, final long seed, final long operations, final Kind kind) {
    this.model = model;
    this.allocator = model.allocator();
    this.random = new SplittableRandom(seed);
    this.operations = operations;
    this.kind = kind;
  }

  /** Operations on the allocator so far; to be read when the thread has ended. */
  long done() {
    return done;
  }

  @Override
  public void run() {
    try {
      while (done < operations && !model.hasFailed()) {
        step();
      }
      held.forEach(entry -> model.handOver(entry, true));
    } catch (final Throwable thrown) {
      model.failed(thrown);
    }
  }

  private void step() {
    if (held.size() >= MOST_HELD || heldBytes > MOST_HELD_BYTES) {
      release(held.size() / 4 + 1);
    }
    switch (random.nextInt(32)) {
      case 0 -> allocated(size(), 2);
      case 1 -> allocated(size(), 3);
      case 2, 3 -> reallocate();
      case 4 -> misuse();
      case 5 -> lookAt();
      case 6, 7 -> receive(kind == Kind.CONSUMER ? 60 : 3);
      case 8 -> handOver(kind == Kind.PRODUCER ? 60 : 3);
      case 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 -> release(1);
      case 20 -> allocated(size(), 1);
      default -> allocated(size(), 0);
    }
  }

  /** Mostly small; sometimes medium, large, or larger than half a region. */
  private long size() {
    final int draw = random.nextInt(10_000);
    if (draw < 8_800) {
      return random.nextInt(1 << 4 + random.nextInt(7));
    }
    if (draw < 9_800) {
      return random.nextInt(32 << 10);
    }
    if (draw < 9_960) {
      return 1 + SizeClasses.bytes(70 + random.nextInt(41)) - random.nextInt(2);
    }
    return draw < 9_998 ? random.nextInt(3 << 20) : random.nextInt(14 << 20);
  }

  private void allocated(final long size, final int how) {
    done++;
    long address = 0;
    try {
      address =
          switch (how) {
            case 1 -> allocator.tryMalloc(size);
            case 2 -> allocator.calloc(1, size);
            case 3 -> allocator.alignedAlloc(1L << random.nextInt(18), size);
            default -> allocator.malloc(size);
          };
    } catch (final OffHeapExhaustedException refused) {
      exhausted(refused);
    }
    if (address == 0) {
      release(held.size() / 2 + 1);
      return;
    }
    if (how == 2) {
      requireZero(address, size);
    }
    hold(stamped(address, size));
  }

  private void exhausted(final OffHeapExhaustedException refused) {
    if (refused.reason() != OffHeapExhaustedException.Reason.LIMIT
        && (!model.isOfArena()
            || refused.reason() != OffHeapExhaustedException.Reason.PARENT_LIMIT)) {
      throw refused;
    }
    model.countExhaustion();
    model.requireBalanced(refused.stats());
  }

  private void requireZero(final long address, final long size) {
    final boolean zero =
        size > 4_096
            ? Contents.isZero(address, size)
            : size < 8
                || contents.getLong(address) == 0 && contents.getLong(address + size - 8) == 0;
    if (!zero) {
      throw new AssertionError(String.format("0x%x of %d bytes is not zero", address, size));
    }
  }

  private Entry stamped(final long address, final long size) {
    done++;
    final Entry entry = model.enter(address, size, allocator.usableSize(address));
    // Into the last bytes goes where they are.
    if (!isStamped(entry)) {
      return entry;
    }
    contents.putLong(address, address * MIX);
    contents.putLong(address + entry.usable - 8, ~address * MIX);
    if (entry.usable > 64) {
      contents.putLong(middleOf(entry), address);
    }
    return entry;
  }

  /** Unless it is checked, a block of any size has 16 bytes. */
  private static boolean isStamped(final Entry entry) {
    return entry.usable >= 16;
  }

  private static long middleOf(final Entry entry) {
    return entry.address + (entry.usable / 2 & -8);
  }

  private void verify(final Entry entry) {
    final long address = entry.address;
    if (!isStamped(entry)) {
      return;
    }
    if (contents.getLong(address) != address * MIX
        || contents.getLong(address + entry.usable - 8) != ~address * MIX
        || entry.usable > 64 && contents.getLong(middleOf(entry)) != address) {
      throw new AssertionError(entry + " was overwritten");
    }
  }

  private void hold(final Entry entry) {
    held.add(entry);
    heldBytes += entry.usable;
  }

  private Entry takeAny() {
    final int index = random.nextInt(held.size());
    final Entry last = held.remove(held.size() - 1);
    final Entry any = index == held.size() ? last : held.set(index, last);
    heldBytes -= any.usable;
    return any;
  }

  private void release(final int count) {
    for (int i = 0; i < count && !held.isEmpty(); i++) {
      verifyAndFree(takeAny());
    }
  }

  void verifyAndFree(final Entry entry) {
    done++;
    verify(entry);
    // A later owner must not find our stamps where it expects its own.
    if (isStamped(entry)) {
      contents.putLong(entry.address, 0xDEAD);
    }
    model.leave(entry);
    if (random.nextInt(4) == 0) {
      allocator.free(entry.address, entry.size);
    } else {
      allocator.free(entry.address);
    }
  }

  private void reallocate() {
    if (held.isEmpty()) {
      return;
    }
    done++;
    final Entry entry = takeAny();
    final long newSize = size();
    verify(entry);
    model.leave(entry);
    final long moved;
    try {
      moved = allocator.realloc(entry.address, newSize);
    } catch (final OffHeapExhaustedException refused) {
      exhausted(refused);
      hold(model.enter(entry.address, entry.size, entry.usable));
      verify(entry);
      return;
    }
    if (isStamped(entry) && newSize >= 8 && contents.getLong(moved) != entry.address * MIX
        || isStamped(entry)
            && newSize >= entry.usable
            && contents.getLong(moved + entry.usable - 8) != ~entry.address * MIX) {
      throw new AssertionError(entry + " lost its contents on the way to size " + newSize);
    }
    hold(stamped(moved, newSize));
  }

  private void handOver(final int count) {
    for (int i = 0; i < count && !held.isEmpty(); i++) {
      final Entry entry = takeAny();
      if (!model.handOver(entry, false)) {
        verifyAndFree(entry);
      }
    }
  }

  private void receive(final int count) {
    for (int i = 0; i < count; i++) {
      final Entry entry = model.takeOver();
      if (entry == null) {
        return;
      }
      verifyAndFree(entry);
    }
  }

  private void lookAt() {
    if (!held.isEmpty()) {
      done++;
      final Entry entry = held.get(random.nextInt(held.size()));
      verify(entry);
      if (allocator.usableSize(entry.address) != entry.usable) {
        throw new AssertionError(entry + " changed its size");
      }
      model.requireSeenByOthers(entry);
    }
  }

  /** Frees that must be refused, and change nothing. */
  private void misuse() {
    if (held.isEmpty()) {
      return;
    }
    done++;
    final Entry entry = held.get(random.nextInt(held.size()));
    switch (random.nextInt(4)) {
      case 0 -> requireRefusal(entry.address + 1 + random.nextInt(15), -1, Reason.INTERIOR);
      case 1 -> requireRefusal(entry.address, entry.usable + 1, Reason.SIZE_MISMATCH);
      case 2 -> requireRefusal(random.nextLong() | 1L << 62, -1, Reason.FOREIGN);
      default -> {
        final long interior = random.nextLong(entry.usable / 16 + 1) * 16;
        if (interior > 0 && interior < entry.usable) {
          requireRefusal(entry.address + interior, -1, Reason.INTERIOR);
        }
      }
    }
    verify(entry);
  }

  private void requireRefusal(final long address, final long size, final Reason reason) {
    try {
      if (size < 0) {
        allocator.free(address);
      } else {
        allocator.free(address, size);
      }
    } catch (final InvalidAddressException refused) {
      if (refused.reason() == reason) {
        model.countRefusal();
        return;
      }
      throw new AssertionError("expected " + reason, refused);
    }
    throw new AssertionError(String.format("0x%x was freed; expected %s", address, reason));
  }
}
