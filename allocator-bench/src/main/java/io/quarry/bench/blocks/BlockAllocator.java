package io.quarry.bench.blocks;

/**
 * One way to get blocks of memory outside the Java heap, as the workloads see it.
 *
 * <p>A block is known by a <em>slot</em>, which the caller chooses, and a <em>handle</em>, which
 * the allocator returns and the caller keeps. An allocator that deals in addresses returns the
 * address and ignores the slot; one that deals in {@link java.nio.ByteBuffer}s keeps the buffer in
 * an array made beforehand, at the slot. So neither pays for a table that its users would not have:
 * an address is a {@code long} in the caller's hands, a buffer is a reference in an array.
 *
 * <p>One JVM works with one implementation only, so that calls through this interface are
 * monomorphic and compile to nothing.
 *
 * <p>Different threads may use different slots at the same time, between their {@link
 * #threadStarts} and {@link #threadEnds}; a slot passes from one thread to another through
 * something that orders memory, such as a queue.
 */
public interface BlockAllocator extends AutoCloseable {

  /** The smallest block that {@link #touch} can mark, in bytes. */
  int MIN_SIZE_BYTES = 16;

  /** Every page of a block is touched; this is the distance between two touched bytes. */
  int PAGE_BYTES = 4096;

  /**
   * Tells the allocator that the calling thread is about to make its first call. Every thread has
   * to say so, except that the one that opened the allocator may; rpmalloc cannot do without.
   */
  default void threadStarts() {}

  /** Tells the allocator that the calling thread has made its last call and is about to end. */
  default void threadEnds() {}

  /** Allocates a block of {@code sizeBytes} and returns its handle. */
  long allocate(int slot, int sizeBytes);

  /** Frees the block; afterwards the slot may be used again. */
  void free(int slot, long handle);

  /**
   * Writes {@code stamp} into the first eight bytes of the block, its complement into the last
   * eight, and one byte into every page between them.
   */
  void touch(int slot, long handle, int sizeBytes, long stamp);

  /**
   * Writes into every page of the block once, and does no more: for microbenchmarks, in which
   * anything more would be measured as well.
   */
  void touchPages(int slot, long handle, int sizeBytes);

  /**
   * Makes the view of the block that users of this allocator work with, writes {@code value} into
   * its first and its last eight bytes through it, and returns what it reads at its beginning.
   */
  long throughView(int slot, long handle, int sizeBytes, long value);

  /** Whether the block still holds what {@link #touch} wrote with {@code stamp}. */
  boolean holds(int slot, long handle, int sizeBytes, long stamp);

  /** Releases what the allocator itself holds; all blocks must have been freed. */
  @Override
  void close();
}
