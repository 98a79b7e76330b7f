package io.quarry.bench.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import org.agrona.UnsafeApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BlockTableTest {

  private static final int SIZE_BYTES = 40;

  private final BlockTable table = new BlockTable(8);
  private final long from = UnsafeApi.allocateMemory(64);
  private final long to = UnsafeApi.allocateMemory(64);

  @AfterEach
  void free() {
    UnsafeApi.freeMemory(from);
    UnsafeApi.freeMemory(to);
  }

  @Test
  void stampsTellTheIdentityTheyWereMadeOf() {
    for (final long identity : new long[] {0, 1, -1, 7L << 32 | 5, Long.MIN_VALUE}) {
      assertThat(Stamps.identityOf(Stamps.of(identity))).isEqualTo(identity);
    }
  }

  @Test
  void blockInTheTableMoves() {
    put(3);
    copy();
    assertThat(table.relocate(from, to, 48)).isTrue();
    assertThat(table.bytesMoved()).isEqualTo(48);
    assertThat(table.take(3)).isEqualTo(to);
  }

  @Test
  void blockInSomebodysHandsStays() {
    put(3);
    copy();
    table.take(3);
    assertThat(table.relocate(from, to, 48)).isFalse();
  }

  @Test
  void copyMadeBeforeTheBlockWasCompleteIsMadeAgain() {
    final long stamp = table.begin(3, SIZE_BYTES);
    UnsafeApi.putLong(from, stamp);
    copy();
    UnsafeApi.putLong(from + SIZE_BYTES - Long.BYTES, ~stamp);
    table.put(3, from);
    assertThat(table.relocate(from, to, 48)).isTrue();
    assertThat(UnsafeApi.getLong(to + SIZE_BYTES - Long.BYTES)).isEqualTo(~stamp);
  }

  @Test
  void bytesThatNameNoSlotAreRefused() {
    UnsafeApi.putLong(to, Stamps.of(8));
    assertThat(table.relocate(from, to, 48)).isFalse();
    UnsafeApi.putLong(to, Stamps.of(3));
    assertThat(table.relocate(from, to, 48)).isFalse();
  }

  private void put(int slot) {
    final long stamp = table.begin(slot, SIZE_BYTES);
    UnsafeApi.putLong(from, stamp);
    UnsafeApi.putLong(from + SIZE_BYTES - Long.BYTES, ~stamp);
    table.put(slot, from);
  }

  private void copy() {
    UnsafeApi.copyMemory(from, to, 48);
  }
}
