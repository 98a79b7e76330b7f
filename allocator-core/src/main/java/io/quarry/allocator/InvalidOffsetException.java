package io.quarry.allocator;

/**
 * An offset that is not the start of a block in the file it was used with, or a range that is not
 * within that block. Nothing has changed.
 */
public final class InvalidOffsetException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** What is wrong with an offset. */
  public enum Reason {
    /** The offset is negative, in the header of the file, or behind its end. */
    OUTSIDE,
    /** No slab is there at the moment, or the offset lies in what is left over at its end. */
    NO_BLOCK,
    /** The offset lies in a block, but not at its start. */
    INTERIOR,
    /** The range begins before the block, or ends behind it. */
    BEYOND_BLOCK
  }

  private final Reason reason;
  private final long offset;

  InvalidOffsetException(final Reason reason, final long offset, final String message) {
    super(message);
    this.reason = reason;
    this.offset = offset;
  }

  /** What is wrong with the offset. */
  public Reason reason() {
    return reason;
  }

  /** The offset that was given. */
  public long offset() {
    return offset;
  }
}
