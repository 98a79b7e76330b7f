package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a compaction may cost, and what is said of it afterwards. */
class CompactionBudgetTest {
  private long now = 1_000;

  private Compaction compaction(final long maxBytes, final long maxNanos) {
    return new Compaction(() -> now, maxBytes, maxNanos);
  }

  @Test
  void itIsSpentWhenSoManyBytesWereMoved() {
    final Compaction compaction = compaction(100, Long.MAX_VALUE);
    compaction.moved(99);
    assertThat(compaction.isSpent()).isFalse();
    compaction.moved(1);
    assertThat(compaction.isSpent()).isTrue();
  }

  @Test
  void itIsSpentWhenTheTimeIsOver() {
    final Compaction compaction = compaction(Long.MAX_VALUE, 50);
    now += 49;
    assertThat(compaction.isSpent()).isFalse();
    now += 1;
    assertThat(compaction.isSpent()).isTrue();
  }

  @Test
  void withoutABudgetItIsNeverSpent() {
    final Compaction compaction = compaction(Long.MAX_VALUE, Long.MAX_VALUE);
    compaction.moved(1L << 50);
    now += Long.MAX_VALUE;
    assertThat(compaction.isSpent()).isFalse();
  }

  @Test
  void itEndsWithTheFirstFailureAndKeepsTheOthers() {
    final Compaction compaction = compaction(Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(compaction.failure()).isNull();
    final Throwable first = new IllegalStateException();
    final Throwable second = new IllegalStateException();
    compaction.failed(first);
    compaction.failed(first);
    compaction.failed(second);
    assertThat(compaction.isSpent()).isTrue();
    assertThat(compaction.failure()).isSameAs(first);
    assertThat(first.getSuppressed()).containsExactly(second);
  }

  @Test
  void itCounts() {
    final Compaction compaction = compaction(1_000, Long.MAX_VALUE);
    compaction.moved(10);
    compaction.moved(20);
    compaction.refused();
    compaction.freed(64);
    compaction.freed(128);
    compaction.batchDone();
    assertThat(compaction.blocksMoved()).isEqualTo(2);
    assertThat(compaction.bytesMoved()).isEqualTo(30);
    assertThat(compaction.blocksRefused()).isEqualTo(1);
    assertThat(compaction.slabsFreed()).isEqualTo(2);
    assertThat(compaction.bytesFreed()).isEqualTo(192);
    assertThat(compaction.batches()).isEqualTo(1);
    assertThat(compaction.isOutOfRoom()).isFalse();
    compaction.ranOutOfRoom();
    assertThat(compaction.isOutOfRoom()).isTrue();
  }
}
