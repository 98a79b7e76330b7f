package io.quarry.region;

/**
 * The sizes that everything else is made of.
 *
 * <pre>
 *  48-bit address
 *  +------------------+----------------------+---------------------------+
 *  | 18 bits: leaf    | 14 bits: granule     | 16 bits: offset within    |
 *  | of the directory | within the leaf      | the granule (64 KiB)      |
 *  +------------------+----------------------+---------------------------+
 *
 *  region   |granule|granule|granule|granule|granule|granule| ... 256 MiB unless capacity is less
 *           '--run of a slab--'idle--'--run of a slab--' never issued ...
 * </pre>
 */
public final class Geometry {

  /** Shift from bytes to granules. */
  public static final int GRANULE_SHIFT = 16;

  /** The smallest slab, in bytes. */
  public static final long GRANULE_BYTES = 1L << GRANULE_SHIFT;

  /** Addresses of user space on x86-64 and aarch64 with four-level page tables. */
  public static final int ADDRESS_BITS = 48;

  /** No region is smaller, so that a block may be aligned to a huge page in any of them. */
  public static final long MIN_REGION_BYTES = 2L << 20;

  /** What a region is made of where the capacity does not ask for less. */
  public static final long DEFAULT_REGION_BYTES = 256L << 20;

  /** No region is larger unless it holds a single block: a {@code ByteBuffer} must span it. */
  public static final long MAX_REGION_BYTES = 1L << 30;

  /**
   * The largest block there can be: the block index of a slab is computed with 44 fraction bits.
   */
  public static final long MAX_BLOCK_BYTES = 1L << 44;

  private Geometry() {}

  /** The number of granules that hold so many bytes. */
  public static long granulesFor(final long bytes) {
    return (bytes + GRANULE_BYTES - 1) >>> GRANULE_SHIFT;
  }

  /** Bytes of so many granules. */
  public static long bytesOf(final long granules) {
    return granules << GRANULE_SHIFT;
  }
}
