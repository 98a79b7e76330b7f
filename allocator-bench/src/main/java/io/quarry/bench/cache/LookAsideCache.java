package io.quarry.bench.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.util.Map;

/**
 * The cache under test. Evictions run on the thread that causes them: deterministic for one thread,
 * and no pool whose threads would come and go between the runs.
 */
final class LookAsideCache implements AutoCloseable {

  private static final long IDENTITY_FACTOR = 0x9E3779B97F4A7C15L;

  private final ValueStore store;
  private final Cache<Integer, CacheValue> cache;

  LookAsideCache(ValueStore store, long maximumBytes) {
    this.store = store;
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(maximumBytes)
            .weigher((Integer key, CacheValue value) -> value.sizeBytes())
            .executor(Runnable::run)
            .removalListener((Integer key, CacheValue value, RemovalCause cause) -> value.release())
            .build();
  }

  /**
   * Reads and verifies the value of a key.
   *
   * @return false if there is none, or it was evicted just now
   * @throws IllegalStateException if the memory holds something else
   */
  boolean read(int key) {
    final CacheValue value = cache.getIfPresent(key);
    if (value == null || !value.tryRetain()) {
      return false;
    }
    try {
      if (!value.belongsTo(identity(key))) {
        throw new IllegalStateException(
            "the value of key " + key + ", " + value.sizeBytes() + " bytes, holds something else");
      }
      return true;
    } finally {
      value.release();
    }
  }

  /** Writes a value of {@code valueBytes}; the one that was there before is released. */
  void write(int key, int valueBytes) {
    cache.put(key, store.create(CacheValue.HEADER_BYTES + valueBytes, identity(key)));
  }

  /** The bytes asked for by the values that are in the cache now. */
  long liveBytes() {
    cache.cleanUp();
    return cache.policy().eviction().orElseThrow().weightedSize().orElseThrow();
  }

  /** The number of values that are in the cache now. */
  long entries() {
    cache.cleanUp();
    return cache.estimatedSize();
  }

  /** Adds what the allocator under the values knows about itself. */
  void describe(Map<String, Double> metrics) {
    store.describe(metrics);
  }

  /** Releases all values. */
  void clear() {
    cache.invalidateAll();
    cache.cleanUp();
  }

  /** Releases all values and the memory under them. */
  @Override
  public void close() {
    clear();
    store.close();
  }

  private static long identity(int key) {
    return key * IDENTITY_FACTOR;
  }
}
