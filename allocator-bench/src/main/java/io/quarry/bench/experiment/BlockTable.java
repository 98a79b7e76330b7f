package io.quarry.bench.experiment;

import io.quarry.allocator.Relocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.UnsafeApi;

/**
 * All blocks of an experiment, by slot: what a cache's index would be. Lies in the Java heap and is
 * made and touched before the first reading of memory.
 *
 * <p>Different threads may use different slots at the same time. Beside them, blocks may be moved:
 * see {@link #relocate}. What that costs, an atomic exchange to take a block out, every allocator
 * pays alike, also those that move nothing.
 */
final class BlockTable implements Relocator {

  /*
   * A block is published with put() after both its ends were written, and is never written again.
   * Whoever frees a block takes its handle out with take() first. So relocate() may swing a handle
   * with a compare-and-set: if it succeeds, the block was in the table, and nobody has it in hand.
   *
   * There is one gap. The block may have been copied before it was complete, and have been published
   * between the copying and the call of relocate(). So relocate() looks for the handle with acquire
   * semantics, which makes the complete block visible, and copies again if the copy is not complete.
   * What is read of a block, ever, are its two ends: these are what it compares.
   *
   * The old block needs no waiting for readers: whoever reads a block has taken it out.
   */

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  /** Two words for each slot, on one cache line: the handle, then serial number and size. */
  private final long[] words;

  private final int slots;
  private final LongAdder bytesMoved = new LongAdder();

  BlockTable(int slots) {
    this.slots = slots;
    this.words = new long[Math.multiplyExact(2, slots)];
  }

  int slots() {
    return slots;
  }

  /** Whether there is a block in the slot. To be asked by the thread that uses the slot. */
  boolean isTaken(int slot) {
    return sizeAt(slot) != 0;
  }

  /** The bytes that were asked for the block in the slot; 0 if there is none. */
  int sizeAt(int slot) {
    return (int) words[2 * slot + 1];
  }

  /** Announces a block of that size and returns its stamp; {@link #put} must follow. */
  long begin(int slot, int sizeBytes) {
    final long serial = (words[2 * slot + 1] >>> Integer.SIZE) + 1;
    final long described = serial << Integer.SIZE | sizeBytes;
    words[2 * slot + 1] = described;
    return stamp(slot, described);
  }

  /** Publishes a block, which is complete. */
  void put(int slot, long handle) {
    WORDS.setRelease(words, 2 * slot, handle);
  }

  /** Takes a block out: from now on it stays where it is. */
  long take(int slot) {
    return (long) WORDS.getAndSet(words, 2 * slot, 0L);
  }

  /** Marks a slot as empty, whose block was taken out and freed. */
  void end(int slot) {
    words[2 * slot + 1] &= -1L << Integer.SIZE;
  }

  /** What the block in the slot holds at both ends. */
  long stampAt(int slot) {
    return stamp(slot, words[2 * slot + 1]);
  }

  /** Bytes of the blocks that were moved so far. */
  long bytesMoved() {
    return bytesMoved.sum();
  }

  @Override
  public boolean relocate(long oldAddress, long newAddress, long size) {
    final long slot = Stamps.identityOf(UnsafeApi.getLong(newAddress)) & 0xffff_ffffL;
    if (slot >= slots) {
      return false;
    }
    final int index = 2 * (int) slot;
    if ((long) WORDS.getAcquire(words, index) != oldAddress) {
      return false;
    }
    final long described = (long) WORDS.getOpaque(words, index + 1);
    final int sizeBytes = (int) described;
    if (sizeBytes > size) {
      return false; // the slot has another block by now
    }
    if (!isComplete(newAddress, sizeBytes, stamp((int) slot, described))) {
      UnsafeApi.copyMemory(oldAddress, newAddress, size);
    }
    if (!WORDS.compareAndSet(words, index, oldAddress, newAddress)) {
      return false;
    }
    bytesMoved.add(size);
    return true;
  }

  private static boolean isComplete(long address, int sizeBytes, long stamp) {
    return sizeBytes >= Stage.LEAST_BYTES
        && UnsafeApi.getLong(address) == stamp
        && UnsafeApi.getLong(address + sizeBytes - Long.BYTES) == ~stamp;
  }

  private static long stamp(int slot, long described) {
    return Stamps.of((described >>> Integer.SIZE) << Integer.SIZE | slot);
  }
}
