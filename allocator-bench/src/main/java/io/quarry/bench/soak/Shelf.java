package io.quarry.bench.soak;

import io.quarry.allocator.Allocator;
import io.quarry.allocator.Relocator;
import io.quarry.allocator.SlabAllocator;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.UnsafeApi;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * All blocks that are live, by slot, each filled with what follows from its slot and serial number,
 * and verified when it is read, resized, moved and freed. Whoever has the lock of a slot may do
 * anything to its block. Callbacks of the allocator only try to lock: who holds a lock may be in a
 * call that waits for them. Safe for use by several threads.
 */
final class Shelf implements Relocator {

  private final Slot[] slots;
  private final long seed;
  private final Tally tally;
  private final Verdict verdict;
  private final AtomicLong liveBytes = new AtomicLong();

  private static final class Slot {
    // Not a monitor: on JDK 21 to 23, virtual threads that wait inside of one hold up others.
    private final Lock lock = new ReentrantLock();
    private long address;
    private long sizeBytes;
    private long serial;
  }

  Shelf(int slots, long seed, Tally tally, Verdict verdict) {
    this.slots = new Slot[slots];
    for (int i = 0; i < slots; i++) {
      this.slots[i] = new Slot();
    }
    this.seed = seed;
    this.tally = tally;
    this.verdict = verdict;
  }

  int slots() {
    return slots.length;
  }

  /** Bytes that were asked for the blocks that are live now. */
  long liveBytes() {
    return liveBytes.get();
  }

  /** Puts a new block into a slot, in place of the one that is there; false if it was refused. */
  boolean put(Calls calls, UniformRandomProvider random, int index, long askedBytes) {
    final long sizeBytes = Math.max(Contents.LEAST_BYTES, askedBytes);
    final Slot slot = slots[index];
    slot.lock.lock();
    try {
      release(calls, random, index);
      final long address = calls.allocate(random, sizeBytes);
      if (address == Allocator.NULL) {
        return false;
      }
      stamp(index, address, sizeBytes);
      return true;
    } finally {
      slot.lock.unlock();
    }
  }

  /** Verifies the block in a slot, if there is one. */
  void read(int index) {
    slots[index].lock.lock();
    try {
      verify(index, slots[index].sizeBytes);
    } finally {
      slots[index].lock.unlock();
    }
  }

  /** Frees the block in a slot, if there is one. */
  void free(Calls calls, UniformRandomProvider random, int index) {
    slots[index].lock.lock();
    try {
      release(calls, random, index);
    } finally {
      slots[index].lock.unlock();
    }
  }

  /** Resizes the block in a slot, if there is one; false if that was refused. */
  boolean resize(Calls calls, int index, long askedBytes) {
    final long sizeBytes = Math.max(Contents.LEAST_BYTES, askedBytes);
    final Slot slot = slots[index];
    slot.lock.lock();
    try {
      if (slot.address == Allocator.NULL) {
        return true;
      }
      verify(index, slot.sizeBytes);
      final long address = calls.resized(slot.address, sizeBytes);
      if (address == Allocator.NULL) {
        verify(index, slot.sizeBytes);
        return false;
      }
      slot.address = address;
      verify(index, Math.min(slot.sizeBytes, sizeBytes));
      liveBytes.addAndGet(-slot.sizeBytes);
      stamp(index, address, sizeBytes);
      return true;
    } finally {
      slot.lock.unlock();
    }
  }

  /** Does something with the address of the block in a slot, if there is one; it stays there. */
  void borrow(int index, BlockUse use) {
    slots[index].lock.lock();
    try {
      if (slots[index].address != Allocator.NULL) {
        use.with(slots[index].address, slots[index].sizeBytes);
      }
    } finally {
      slots[index].lock.unlock();
    }
  }

  /** What is done with a block that stays. */
  @FunctionalInterface
  interface BlockUse {
    void with(long address, long sizeBytes);
  }

  /** Frees up to so many bytes at random slots that nobody uses at the moment. */
  void evict(Calls calls, UniformRandomProvider random, long bytes) {
    long freed = 0;
    for (int tries = 0; tries < slots.length && freed < bytes; tries++) {
      final int index = random.nextInt(slots.length);
      final Slot slot = slots[index];
      if (slot.lock.tryLock()) {
        try {
          if (slot.address != Allocator.NULL) {
            freed += slot.sizeBytes;
            release(calls, random, index);
            tally.evicted.increment();
          }
        } finally {
          slot.lock.unlock();
        }
      }
    }
  }

  /** How many blocks there are, and their usable bytes. While nobody changes any. */
  Count count(SlabAllocator allocator) {
    long blocks = 0;
    long usableBytes = 0;
    for (final Slot slot : slots) {
      slot.lock.lock();
      try {
        if (slot.address != Allocator.NULL) {
          blocks++;
          usableBytes += allocator.usableSize(slot.address);
        }
      } finally {
        slot.lock.unlock();
      }
    }
    return new Count(blocks, usableBytes);
  }

  /**
   * What stands on a shelf.
   *
   * @param blocks how many
   * @param usableBytes the sum of their usable sizes
   */
  record Count(long blocks, long usableBytes) {}

  private void release(Calls calls, UniformRandomProvider random, int index) {
    final Slot slot = slots[index];
    if (slot.address == Allocator.NULL) {
      return;
    }
    verify(index, slot.sizeBytes);
    if (random.nextBoolean()) {
      calls.free(slot.address);
    } else {
      calls.freeSized(slot.address, slot.sizeBytes);
    }
    liveBytes.addAndGet(-slot.sizeBytes);
    slot.address = Allocator.NULL;
  }

  private void stamp(int index, long address, long sizeBytes) {
    final Slot slot = slots[index];
    slot.serial++;
    slot.sizeBytes = sizeBytes;
    Contents.fill(address, sizeBytes, identity(index));
    slot.address = address;
    liveBytes.addAndGet(sizeBytes);
  }

  private void verify(int index, long bytes) {
    final Slot slot = slots[index];
    if (slot.address != Allocator.NULL) {
      try {
        Contents.verify(slot.address, bytes, identity(index));
      } catch (Divergence corruption) {
        throw new Divergence("slot " + index + ": " + corruption.getMessage(), corruption);
      }
      tally.verifiedBytes.add(bytes);
    }
  }

  private long identity(int index) {
    return (slots[index].serial << Integer.SIZE | index) ^ seed;
  }

  @Override
  public boolean relocate(long oldAddress, long newAddress, long usableBytes) {
    // Perhaps the copy was made while the block was filled: then this is any number, and a hint.
    final int index = (int) (Contents.identityAt(newAddress) ^ seed);
    if (index < 0 || index >= slots.length || !slots[index].lock.tryLock()) {
      return false;
    }
    final Slot slot = slots[index];
    try {
      if (slot.address != oldAddress) {
        return false;
      }
      UnsafeApi.copyMemory(oldAddress, newAddress, usableBytes);
      slot.address = newAddress;
      verify(index, slot.sizeBytes);
      tally.movedBlocks.increment();
      tally.movedBytes.add(slot.sizeBytes);
      return true;
    } catch (Divergence corruption) {
      slot.address = oldAddress;
      verdict.report(corruption);
      return false;
    } finally {
      slot.lock.unlock();
    }
  }
}
