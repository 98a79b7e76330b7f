package io.quarry.bench.cache;

/**
 * A value outside the Java heap. The cache owns one reference from the moment the value is made; it
 * gives that up when the entry leaves the cache. A reader takes one of its own.
 *
 * <p>The first eight bytes hold the identity of the key, the last eight its complement, as in
 * {@link io.quarry.bench.blocks.BlockAllocator}. One JVM uses one implementation.
 */
interface CacheValue {

  /** What comes before the value's own bytes: room for the identity and its complement. */
  int HEADER_BYTES = 16;

  /** Takes a reference, or returns false because the value was freed already. */
  boolean tryRetain();

  /** Gives a reference up; the last one frees the value. */
  void release();

  /** The bytes asked for, header included. */
  int sizeBytes();

  /** Whether the value is the one of that key; the caller holds a reference. */
  boolean belongsTo(long identity);
}
