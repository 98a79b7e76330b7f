package io.quarry.checks;

import io.quarry.slab.Slab;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is known of one watched block: how many bytes were asked for, by whom, and who freed it. It
 * is live until somebody sets the trace of its free, and of several threads that try one succeeds.
 */
public final class WatchedBlock {
  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final VarHandle FREED;

  static {
    try {
      FREED = MethodHandles.lookup().findVarHandle(WatchedBlock.class, "freed", Trace.class);
    } catch (final ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Slab slab;
  private final long address;
  private final long size;
  private final boolean guarded;
  private final Trace allocated;
  private final long number = NUMBERS.incrementAndGet();
  private volatile Trace freed;

  // The quarantine's.
  WatchedBlock next;
  long freedNanos;
  boolean poisoned;

  WatchedBlock(
      final Slab slab,
      final long address,
      final long size,
      final boolean guarded,
      final Trace allocated) {
    this.slab = slab;
    this.address = address;
    this.size = size;
    this.guarded = guarded;
    this.allocated = allocated;
  }

  /** The highest number given out so far; those of later blocks are higher. */
  static long lastNumber() {
    return NUMBERS.get();
  }

  long number() {
    return number;
  }

  Slab slab() {
    return slab;
  }

  int index() {
    return slab.indexOf(address);
  }

  public long address() {
    return address;
  }

  /** The bytes that were asked for: all that the program may use. */
  public long size() {
    return size;
  }

  /** Whether a guard page lies behind it. */
  boolean isGuarded() {
    return guarded;
  }

  /** Who allocated it. */
  public Trace allocated() {
    return allocated;
  }

  /** Who freed it; null while it is live. */
  public Trace freed() {
    return freed;
  }

  public boolean isLive() {
    return freed == null;
  }

  /** Makes it a free one; false if it was already. */
  boolean free(final Trace by) {
    return FREED.compareAndSet(this, (Trace) null, by);
  }

  /** Takes back what {@link #free} did. */
  void revive() {
    freed = null;
  }

  /** What it is and who had to do with it, for a report. */
  String inFull() {
    final Trace freer = freed;
    return String.format("block 0x%x of %d bytes, ", address, size)
        + allocated.inFull()
        + (freer == null ? "" : "\n" + freer.inFull());
  }
}
