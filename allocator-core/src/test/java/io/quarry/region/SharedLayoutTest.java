package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The numbers in a shared file. */
final class SharedLayoutTest {

  @Test
  void entriesSayWhatTheyWereMadeOf() {
    for (final int granules : new int[] {1, 2, 3, 16, 65, 1 << 14, (1 << 20) - 1}) {
      for (final int before : new int[] {0, granules / 2, granules - 1}) {
        for (final long piece : new long[] {16, 48, 9_216, 65_536, 1 << 20}) {
          check(granules, before, piece);
        }
        check(granules, before, Geometry.bytesOf(granules));
      }
    }
    // The largest block that there can be.
    final int most = (int) (Geometry.MAX_BLOCK_BYTES >>> Geometry.GRANULE_SHIFT);
    check(most, most - 1, Geometry.MAX_BLOCK_BYTES);
  }

  private static void check(final int granules, final int before, final long pieceBytes) {
    final long entry = SharedLayout.entry(granules, before, pieceBytes);
    assertThat(entry).isNotZero();
    assertThat(SharedLayout.granulesOf(entry)).isEqualTo(granules);
    assertThat(SharedLayout.granulesBefore(entry)).isEqualTo(before);
    assertThat(SharedLayout.pieceBytesOf(entry)).isEqualTo(pieceBytes);
  }

  @Test
  void everyGranuleHasAPlaceOfItsOwn() {
    final long span = 1L << SharedLayout.LEAF_SHIFT;
    final Set<Integer> places = new HashSet<>();
    for (long offset = 7 * span; offset < 8 * span; offset += Geometry.GRANULE_BYTES) {
      assertThat(SharedLayout.placeInRoot(offset)).isEqualTo(SharedLayout.ROOT_OFFSET + 7 * 8);
      assertThat(SharedLayout.placeInLeaf(offset + 65_535))
          .isEqualTo(SharedLayout.placeInLeaf(offset))
          .isBetween(0, SharedLayout.LEAF_BYTES - 8);
      places.add(SharedLayout.placeInLeaf(offset));
    }
    assertThat(places).hasSize(SharedLayout.LEAF_BYTES / 8);
    assertThat(SharedLayout.placeInRoot(SharedLayout.MAX_FILE_BYTES - 1))
        .isEqualTo(SharedLayout.RANGES_OFFSET - 8);
  }

  @Test
  void theMagicSaysWhoseFileItIs() {
    assertThat(Long.toHexString(SharedLayout.MAGIC)).isEqualTo("5155415252590001");
    assertThat(SharedLayout.RANGES_OFFSET % Geometry.GRANULE_BYTES).isZero();
    assertThat(SharedLayout.LEAF_BYTES).isEqualTo((int) Geometry.GRANULE_BYTES);
  }
}
