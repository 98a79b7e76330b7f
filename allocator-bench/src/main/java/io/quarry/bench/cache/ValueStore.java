package io.quarry.bench.cache;

import io.quarry.bench.blocks.Peer;
import java.util.Map;

/** Makes values in the memory of one allocator. Safe for use by several threads. */
interface ValueStore extends AutoCloseable {

  /** Makes a value of {@code sizeBytes}, every page of it touched, that belongs to a key. */
  CacheValue create(int sizeBytes, long identity);

  /** Adds what the allocator knows about itself, if it does. */
  default void describe(Map<String, Double> metrics) {}

  @Override
  void close();

  /**
   * The store for an allocator.
   *
   * @throws IllegalArgumentException if there is no cache on that allocator
   */
  static ValueStore open(Peer peer) {
    return switch (peer) {
      case QUARRY -> new QuarryValues();
      case DIRECT -> new DirectValues();
      case DIRECT_GC -> new DroppedValues();
      default -> throw new IllegalArgumentException("no cache on " + peer);
    };
  }
}
