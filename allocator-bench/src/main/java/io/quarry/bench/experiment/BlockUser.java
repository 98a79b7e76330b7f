package io.quarry.bench.experiment;

import io.quarry.bench.blocks.BlockAllocator;
import io.quarry.bench.measure.Latencies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** One thread's way to the blocks: it marks, verifies, times and counts. For one thread. */
final class BlockUser {

  private static final VarHandle LIVE_BYTES = liveBytesHandle();

  private final BlockAllocator blocks;
  private final BlockTable table;
  private final boolean timed;
  private final Latencies allocations = new Latencies();
  private final Latencies frees = new Latencies();
  private long calls;
  private long liveBytes;
  private long mostLiveBytes;

  BlockUser(BlockAllocator blocks, BlockTable table, boolean timed) {
    this.blocks = blocks;
    this.table = table;
    this.timed = timed;
  }

  /** Allocates a block into an empty slot and marks it; the least block is one of 16 bytes. */
  void allocate(int slot, int askedBytes) {
    final int sizeBytes = Math.max(askedBytes, Stage.LEAST_BYTES);
    final long handle;
    if (timed) {
      final long start = System.nanoTime();
      handle = blocks.allocate(slot, sizeBytes);
      allocations.record(System.nanoTime() - start);
    } else {
      handle = blocks.allocate(slot, sizeBytes);
    }
    blocks.touch(slot, handle, sizeBytes, table.begin(slot, sizeBytes));
    table.put(slot, handle);
    calls++;
    addLive(sizeBytes);
  }

  /** Verifies the block in a slot and frees it. */
  void free(int slot) {
    final int sizeBytes = table.sizeAt(slot);
    final long handle = table.take(slot);
    if (!blocks.holds(slot, handle, sizeBytes, table.stampAt(slot))) {
      throw damaged(slot, sizeBytes);
    }
    if (timed) {
      final long start = System.nanoTime();
      blocks.free(slot, handle);
      frees.record(System.nanoTime() - start);
    } else {
      blocks.free(slot, handle);
    }
    table.end(slot);
    calls++;
    addLive(-sizeBytes);
  }

  /** Frees the block in a slot if there is one. */
  void freeIfTaken(int slot) {
    if (table.isTaken(slot)) {
      free(slot);
    }
  }

  private static IllegalStateException damaged(int slot, int sizeBytes) {
    return new IllegalStateException(
        "the block of "
            + sizeBytes
            + " bytes in slot "
            + slot
            + " no longer holds what was written to it");
  }

  private void addLive(int bytes) {
    final long live = liveBytes + bytes;
    LIVE_BYTES.setOpaque(this, live);
    mostLiveBytes = Math.max(mostLiveBytes, live);
  }

  /** Bytes asked for by this user less those that it freed. By any thread. */
  long liveBytes() {
    return (long) LIVE_BYTES.getOpaque(this);
  }

  /** The most that {@link #liveBytes} ever was. */
  long mostLiveBytes() {
    return mostLiveBytes;
  }

  /** Calls of malloc and free. */
  long calls() {
    return calls;
  }

  /** Begins anew to record how long allocations take. */
  void forgetAllocations() {
    allocations.forget();
  }

  Latencies allocations() {
    return allocations;
  }

  Latencies frees() {
    return frees;
  }

  private static VarHandle liveBytesHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(BlockUser.class, "liveBytes", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
