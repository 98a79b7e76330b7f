package io.quarry.bench.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.bench.blocks.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ValueStoreTest {

  private static final long LIMIT = 64L << 20;
  private static final long IDENTITY = 0x0123456789ABCDEFL;

  @ParameterizedTest
  @EnumSource(names = {"QUARRY", "DIRECT", "DIRECT_GC"})
  void valueKnowsItsKeyAndItsSize(Peer peer) {
    try (ValueStore store = ValueStore.open(peer, LIMIT)) {
      for (final int sizeBytes : new int[] {16, 17, 300, 20_000, 1 << 20}) {
        final CacheValue value = store.create(sizeBytes, IDENTITY);
        assertThat(value.sizeBytes()).isEqualTo(sizeBytes);
        assertThat(value.tryRetain()).isTrue();
        assertThat(value.belongsTo(IDENTITY)).isTrue();
        assertThat(value.belongsTo(IDENTITY + 1)).isFalse();
        value.release();
        value.release();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"QUARRY", "DIRECT"})
  void valueCannotBeRetainedOnceItIsFreed(Peer peer) {
    try (ValueStore store = ValueStore.open(peer, LIMIT)) {
      final CacheValue value = store.create(100, IDENTITY);
      assertThat(value.tryRetain()).isTrue();
      value.release();
      assertThat(value.tryRetain()).as("the cache still holds it").isTrue();
      value.release();
      value.release();
      assertThat(value.tryRetain()).as("nobody holds it").isFalse();
    }
  }

  @Test
  void noCacheOnTheCLibrarysMalloc() {
    assertThatThrownBy(() -> ValueStore.open(Peer.UNSAFE_MALLOC, LIMIT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unsafe-malloc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"quarry", "direct", "direct-gc"})
  void cacheStaysWithinItsBytesAndFindsWhatItKept(String allocator) {
    try (LookAsideCache cache =
        new LookAsideCache(ValueStore.open(Peer.of(allocator), LIMIT), 10_000)) {
      for (int key = 1; key <= 1_000; key++) {
        cache.write(key, 100);
      }
      assertThat(cache.liveBytes()).isBetween(9_000L, 10_000L);
      assertThat(cache.liveBytes()).isEqualTo(cache.entries() * (100 + CacheValue.HEADER_BYTES));
      long found = 0;
      for (int key = 1; key <= 1_000; key++) {
        found += cache.read(key) ? 1 : 0;
      }
      assertThat(found).isEqualTo(cache.entries());
      cache.clear();
      assertThat(cache.liveBytes()).isZero();
      assertThat(cache.read(1)).isFalse();
    }
  }

  /** Eight times as much is written as there is memory for, by two threads. */
  @Test
  void cacheEvictsUnderPressureAndNeverSeesAnExhaustion() throws Exception {
    final long limit = 8L << 20;
    final Map<String, Double> metrics = new HashMap<>();
    try (LookAsideCache cache =
        new LookAsideCache(ValueStore.open(Peer.QUARRY, limit), Long.MAX_VALUE / 2)) {
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        final int first = 1 + i * 1_000_000;
        final Thread thread =
            new Thread(
                () -> {
                  for (int n = 0; n < 64_000; n++) {
                    cache.write(first + n, 16 + n * 7 % 1_000);
                    cache.read(first + n / 2);
                  }
                });
        thread.start();
        threads.add(thread);
      }
      for (final Thread thread : threads) {
        thread.join();
      }
      assertThat(cache.liveBytes()).isBetween(limit / 4, limit);
      cache.describe(metrics);
    }
    assertThat(metrics.get("exhaustions")).isZero();
    assertThat(metrics.get("evictionsByPressure")).isPositive();
    assertThat(metrics.get("mappedBytes")).isLessThanOrEqualTo((double) limit);
  }
}
