package io.quarry.allocator;

/**
 * An address that is not a live block of the allocator it was given to. Nothing has changed: the
 * allocator, and whatever block the address belongs to, are as they were.
 */
public final class InvalidAddressException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** What is wrong with an address. */
  public enum Reason {
    /** The address lies in no slab of this allocator; perhaps in another's. */
    FOREIGN,
    /** The address lies in a slab, but is not the start of a block. */
    INTERIOR,
    /** The address is the start of a block, but that block is free already. */
    DOUBLE_FREE,
    /** The block is live, but of another size than the caller said. */
    SIZE_MISMATCH
  }

  private final Reason reason;
  private final long address;

  InvalidAddressException(final Reason reason, final long address, final String message) {
    super(message);
    this.reason = reason;
    this.address = address;
  }

  /** What is wrong with the address. */
  public Reason reason() {
    return reason;
  }

  /** The address that was given. */
  public long address() {
    return address;
  }
}
