package io.quarry.allocator;

/**
 * How scarce memory is. Immutable.
 *
 * @param cause why a listener is called
 * @param usedBytes bytes of the slabs that hold blocks, free ones among them; what is idle is not
 *     scarce, and not counted
 * @param mappedBytes those and the idle ones
 * @param capacityBytes the hard limit on {@code mappedBytes}
 * @param thresholdBytes what the listener was to hear of: its share of the capacity, or the soft
 *     limit
 */
public record MemoryPressure(
    Cause cause, long usedBytes, long mappedBytes, long capacityBytes, long thresholdBytes) {

  /** Why a listener is called. */
  public enum Cause {
    /**
     * The used bytes have reached the listener's share of the capacity, or gone on rising since.
     */
    SHARE_REACHED,
    /** The mapped bytes exceed the soft limit, though everything idle was returned. */
    SOFT_LIMIT_EXCEEDED,
    /**
     * A slab was refused at the capacity. If no block can be had elsewhere, a caller is waiting.
     */
    REQUEST_REFUSED
  }

  /** Explicit, as for all public types. */
  public MemoryPressure {}

  /** By how much the threshold is exceeded; 0 if it is not. */
  public long excessBytes() {
    return Math.max(
        0, (cause == Cause.SOFT_LIMIT_EXCEEDED ? mappedBytes : usedBytes) - thresholdBytes);
  }
}
