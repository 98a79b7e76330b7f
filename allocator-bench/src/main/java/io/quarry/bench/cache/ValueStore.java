package io.quarry.bench.cache;

import io.quarry.bench.blocks.Peer;
import java.util.Map;
import java.util.function.LongConsumer;

/** Makes values in the memory of one allocator. Safe for use by several threads. */
interface ValueStore extends AutoCloseable {

  /**
   * Makes a value of {@code sizeBytes}, every page of it touched, that belongs to a key.
   *
   * @return null if there is no memory for it
   */
  CacheValue create(int sizeBytes, long identity);

  /**
   * Says who makes room when the store's memory becomes scarce, if it is one that notices.
   *
   * @param evict is given a number of bytes, and evicts about as many; called by any thread
   */
  default void onPressure(LongConsumer evict) {}

  /** Adds what the allocator knows about itself, if it does. */
  default void describe(Map<String, Double> metrics) {}

  @Override
  void close();

  /**
   * The store for an allocator.
   *
   * @param limitBytes the most that it may take, where the allocator has a limit of its own; direct
   *     buffers have the JVM's, which is given when it is started
   * @throws IllegalArgumentException if there is no cache on that allocator
   */
  static ValueStore open(Peer peer, long limitBytes) {
    return switch (peer) {
      case QUARRY -> new QuarryValues(limitBytes);
      case DIRECT -> new DirectValues();
      case DIRECT_GC -> new DroppedValues();
      default -> throw new IllegalArgumentException("no cache on " + peer);
    };
  }
}
