package io.quarry.allocator;

/**
 * Memory outside the Java heap, in the manner of C's {@code malloc} family. Sizes are in bytes;
 * addresses are virtual addresses of this process, aligned to at least 16 bytes.
 *
 * <p>Implementations are safe for use by several threads: a block may be freed by any thread.
 */
public interface Allocator {

  /** The address that stands for "no block"; never the address of one. */
  long NULL = 0L;

  /**
   * Allocates a block. Its contents are undefined.
   *
   * @param size the least number of bytes that the block holds; 0 gives a distinct smallest block
   * @return the address of the block, never {@link #NULL}
   * @throws IllegalArgumentException if {@code size} is negative
   * @throws OffHeapExhaustedException if the limit is reached or the operating system refuses
   */
  long malloc(long size);

  /**
   * Allocates a block as {@link #malloc} does, but answers {@link #NULL} where that throws {@link
   * OffHeapExhaustedException}.
   */
  long tryMalloc(long size);

  /**
   * Allocates a block of {@code count * size} bytes, all zero.
   *
   * @throws IllegalArgumentException if an argument is negative or the product overflows
   * @throws OffHeapExhaustedException if the limit is reached or the operating system refuses
   */
  long calloc(long count, long size);

  /**
   * Changes the size of a block, moving it if need be. The contents are kept up to the smaller of
   * both sizes. If it throws, the old block is untouched and still the caller's.
   *
   * @param address a block, or {@link #NULL}, which makes this a {@link #malloc}
   * @return the address of the block, which may be another one
   * @throws InvalidAddressException if {@code address} is not a live block of this allocator
   * @throws OffHeapExhaustedException if the limit is reached or the operating system refuses
   */
  long realloc(long address, long newSize);

  /**
   * Allocates a block whose address is a multiple of {@code alignment}. A later {@link #realloc}
   * does not keep an alignment beyond 16.
   *
   * @param alignment a power of two; at least up to 2 MiB is supported
   * @throws IllegalArgumentException if {@code alignment} is not a power of two or too large, or
   *     {@code size} is negative
   * @throws OffHeapExhaustedException if the limit is reached or the operating system refuses
   */
  long alignedAlloc(long alignment, long size);

  /**
   * Frees a block.
   *
   * @param address a live block of this allocator; {@link #NULL} is a no-op
   * @throws InvalidAddressException if it is anything else; nothing has changed then
   */
  void free(long address);

  /**
   * Frees a block and checks that it was allocated with the size given.
   *
   * @throws InvalidAddressException as {@link #free(long)}, or with {@link
   *     InvalidAddressException.Reason#SIZE_MISMATCH} if no allocation of {@code size} bytes could
   *     have given this block; nothing has changed then
   */
  void free(long address, long size);

  /**
   * The number of bytes that may be used of a block: at least what was asked for.
   *
   * @throws InvalidAddressException if {@code address} is not a live block of this allocator
   */
  long usableSize(long address);
}
