package io.quarry.heap;

import java.util.function.LongSupplier;

/**
 * One compaction, or a slice of one: what it may cost, and what it has done so far. For one thread.
 */
public final class Compaction {
  private final LongSupplier nanoClock;
  private final long startNanos;
  private final long maxBytes;
  private final long maxNanos;

  private long blocksMoved;
  private long bytesMoved;
  private long blocksRefused;
  private long slabsFreed;
  private long bytesFreed;
  private long batches;
  private boolean outOfRoom;
  private Throwable failure;

  /** May cost what it likes, if both are {@code Long.MAX_VALUE}. */
  public Compaction(final LongSupplier nanoClock, final long maxBytes, final long maxNanos) {
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.maxBytes = maxBytes;
    this.maxNanos = maxNanos;
  }

  /** Whether it has to stop. */
  boolean isSpent() {
    return bytesMoved >= maxBytes
        || failure != null
        || maxNanos != Long.MAX_VALUE && nanoClock.getAsLong() - startNanos >= maxNanos;
  }

  void moved(final long bytes) {
    blocksMoved++;
    bytesMoved += bytes;
  }

  void refused() {
    blocksRefused++;
  }

  void freed(final long bytes) {
    slabsFreed++;
    bytesFreed += bytes;
  }

  void batchDone() {
    batches++;
  }

  void ranOutOfRoom() {
    outOfRoom = true;
  }

  /** The callback threw; only the first such is kept. */
  void failed(final Throwable thrown) {
    if (failure == null) {
      failure = thrown;
    } else if (failure != thrown) {
      failure.addSuppressed(thrown);
    }
  }

  /** Blocks that are at a new address now. */
  public long blocksMoved() {
    return blocksMoved;
  }

  /** Their bytes. */
  public long bytesMoved() {
    return bytesMoved;
  }

  /** Blocks that were copied and not wanted at the new address. */
  public long blocksRefused() {
    return blocksRefused;
  }

  /** Slabs that were emptied. */
  public long slabsFreed() {
    return slabsFreed;
  }

  /** Their bytes. */
  public long bytesFreed() {
    return bytesFreed;
  }

  /** How often readers were awaited. */
  public long batches() {
    return batches;
  }

  /** Whether it ended because there was no room to move anything to. */
  public boolean isOutOfRoom() {
    return outOfRoom;
  }

  /** What a callback threw; null if nothing. */
  public Throwable failure() {
    return failure;
  }
}
