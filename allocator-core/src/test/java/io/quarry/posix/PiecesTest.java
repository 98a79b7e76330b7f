package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against an array with one entry a page. */
final class PiecesTest {

  private static final int PAGES = 64;
  private static final int PAGE = 4096;
  private static final int STEPS = 3_000;

  private static final List<Set<Protection>> PROTECTIONS =
      List.of(
          EnumSet.noneOf(Protection.class),
          EnumSet.of(Protection.READ),
          EnumSet.of(Protection.READ, Protection.WRITE),
          EnumSet.of(Protection.READ, Protection.EXECUTE));

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyPageIsKnown(long seed) {
    final Random random = new Random(seed);
    final Pieces pieces = new Pieces((long) PAGES * PAGE, PROTECTIONS.get(2));
    final Object[] model = new Object[PAGES];
    Arrays.fill(model, PROTECTIONS.get(2));
    for (int step = 0; step < STEPS; step++) {
      final int from = random.nextInt(PAGES);
      final int count = 1 + random.nextInt(PAGES - from);
      final long offset = (long) from * PAGE;
      final long length = (long) count * PAGE;
      if (random.nextInt(3) == 0) {
        pieces.remove(offset, length);
        Arrays.fill(model, from, from + count, null);
      } else {
        final Set<Protection> protection = PROTECTIONS.get(random.nextInt(PROTECTIONS.size()));
        pieces.set(offset, length, protection);
        Arrays.fill(model, from, from + count, protection);
      }
      check(pieces, model);
      checkRange(pieces, model, random.nextInt(PAGES), random);
    }
  }

  private static void check(Pieces pieces, Object[] model) {
    final Object[] found = new Object[PAGES];
    Pieces.Piece before = null;
    for (Pieces.Piece piece : pieces.all()) {
      for (long at = piece.offset(); at < piece.end(); at += PAGE) {
        assertThat(found[(int) (at / PAGE)]).as("disjoint").isNull();
        found[(int) (at / PAGE)] = piece.protection();
      }
      if (before != null && before.end() == piece.offset()) {
        assertThat(piece.protection()).as("joined").isNotEqualTo(before.protection());
      }
      before = piece;
    }
    assertThat(found).isEqualTo(model);
    assertThat(pieces.isEmpty()).isEqualTo(pieces.all().isEmpty());
  }

  private static void checkRange(Pieces pieces, Object[] model, int from, Random random) {
    final int to = from + 1 + random.nextInt(PAGES - from);
    long gap = -1;
    Set<Protection> common = null;
    for (int i = from; i < to; i++) {
      if (model[i] == null) {
        gap = gap < 0 ? (long) i * PAGE : gap;
      } else {
        final Set<Protection> here = EnumSet.noneOf(Protection.class);
        for (Protection one : Protection.values()) {
          if (((Set<?>) model[i]).contains(one)) {
            here.add(one);
          }
        }
        if (common == null) {
          common = here;
        } else {
          common.retainAll(here);
        }
      }
    }
    final long length = (long) (to - from) * PAGE;
    assertThat(pieces.firstGap((long) from * PAGE, length)).isEqualTo(gap);
    assertThat(pieces.commonProtection((long) from * PAGE, length))
        .isEqualTo(common == null ? Set.of() : common);
  }
}
