package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

final class NativeMemoryTest extends MappedMemory {

  private static final long TWO_GIB = 1L << 31;

  @Test
  void aBufferIsAViewOfTheMemory() {
    final long address = map(page);

    final ByteBuffer one = NativeMemory.byteBuffer(address, page);
    final ByteBuffer other = NativeMemory.byteBuffer(address + 8, 16);
    one.putInt(8, 0x01020304);

    assertThat(one.isDirect()).isTrue();
    assertThat(one.isReadOnly()).isFalse();
    assertThat(one.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    assertThat(one.capacity()).isEqualTo(page);
    assertThat(other.capacity()).isEqualTo(16);
    assertThat(other.get(0)).isEqualTo((byte) 1);
    assertThat(other.getInt(0)).isEqualTo(0x01020304);
  }

  @Test
  void aBufferMayBeEmpty() {
    assertThat(NativeMemory.byteBuffer(map(page), 0).hasRemaining()).isFalse();
  }

  @Test
  void fillingStopsWhereItShould() {
    final long address = map(page);

    NativeMemory.fill(address + 3, 10, (byte) -1);
    NativeMemory.fill(address + 100, 0, (byte) -1);

    final ByteBuffer bytes = view(address, page);
    for (int i = 0; i < page; i++) {
      assertThat(bytes.get(i)).isEqualTo((byte) (i >= 3 && i < 13 ? -1 : 0));
    }
  }

  @Test
  void copyingStopsWhereItShould() {
    final long address = map(2L * page);
    final ByteBuffer bytes = view(address, 2 * page);
    for (int i = 0; i < page; i++) {
      bytes.put(i, (byte) i);
    }

    NativeMemory.copy(address + 1, address + page, 100);

    for (int i = 0; i < 100; i++) {
      assertThat(bytes.get(page + i)).isEqualTo((byte) (i + 1));
    }
    assertThat(bytes.get(page + 100)).isZero();
  }

  @Test
  void overlappingRangesAreCopiedAsTheyWere() {
    final long address = map(page);
    final ByteBuffer bytes = view(address, page);
    for (int i = 0; i < 100; i++) {
      bytes.put(i, (byte) i);
    }

    NativeMemory.copy(address, address + 1, 100);
    assertThat(bytes.get(100)).isEqualTo((byte) 99);
    NativeMemory.copy(address + 1, address, 100);
    assertThat(bytes.get(99)).isEqualTo((byte) 99);
    assertThat(bytes.get(0)).isZero();
  }

  @Test
  void lengthsBeyondTwoGibibytesArriveWhole() {
    final long from = twoGibAndAPage();
    final long to = twoGibAndAPage();

    NativeMemory.fill(from, TWO_GIB + 100, (byte) 7);
    assertThat(view(from + TWO_GIB, page).get(99)).isEqualTo((byte) 7);
    assertThat(view(from + TWO_GIB, page).get(100)).isZero();

    NativeMemory.copy(from, to, TWO_GIB + 50);
    assertThat(view(to + TWO_GIB, page).get(49)).isEqualTo((byte) 7);
    assertThat(view(to + TWO_GIB, page).get(50)).isZero();
  }

  /**
   * Two GiB of address space that show the same few pages over and over, and a page of its own
   * behind them: so the length is tested without as much memory. A shared mapping that is "moved"
   * with an old length of zero stays where it is and appears a second time.
   */
  private long twoGibAndAPage() {
    final long piece = 1L << 22;
    final long shared =
        posix.mmap(
            0, piece, READ_WRITE, EnumSet.of(MapFlag.SHARED, MapFlag.ANONYMOUS), Posix.NO_FILE, 0);
    final long address = map(TWO_GIB + page, MapFlag.NORESERVE);
    for (long at = 0; at < TWO_GIB; at += piece) {
      posix.mremap(shared, 0, piece, EnumSet.of(RemapFlag.MAYMOVE, RemapFlag.FIXED), address + at);
    }
    return address;
  }
}
