package io.quarry.bench.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * The cache under test. Evictions run on the thread that causes them: deterministic for one thread,
 * and no pool whose threads would come and go between the runs.
 */
final class LookAsideCache implements AutoCloseable {

  private static final long IDENTITY_FACTOR = 0x9E3779B97F4A7C15L;

  private final ValueStore store;
  private final Cache<Integer, CacheValue> cache;
  private final LongAdder evictedByPressure = new LongAdder();

  LookAsideCache(ValueStore store, long maximumBytes) {
    this.store = store;
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(maximumBytes)
            .weigher((Integer key, CacheValue value) -> value.sizeBytes())
            .executor(Runnable::run)
            .removalListener((Integer key, CacheValue value, RemovalCause cause) -> value.release())
            .build();
    store.onPressure(this::evict);
  }

  /** Evicts the coldest values that hold so many bytes together. */
  private void evict(long bytes) {
    final Map<Integer, CacheValue> coldest =
        cache.policy().eviction().orElseThrow().coldestWeighted(bytes);
    coldest.forEach(
        (key, value) -> {
          if (cache.asMap().remove(key, value)) {
            evictedByPressure.increment();
          }
        });
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

  /**
   * Writes a value of {@code valueBytes}; the one that was there before is released. Without memory
   * for it nothing is written, and what was there before goes all the same: it is out of date.
   */
  void write(int key, int valueBytes) {
    final CacheValue value = store.create(CacheValue.HEADER_BYTES + valueBytes, identity(key));
    if (value == null) {
      cache.invalidate(key);
    } else {
      cache.put(key, value);
    }
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
    metrics.put("evictionsByPressure", evictedByPressure.doubleValue());
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
