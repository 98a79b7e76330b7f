package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.region.Geometry;
import io.quarry.slab.SizeClasses;
import org.junit.jupiter.api.Test;

/** When a thread is to have a slab of a medium class, and when to lose it. */
class MediumUseTest {
  private static final int CLASS = SizeClasses.of(100_000);

  @Test
  void aClassIsUsedMuchAfterSixtyFourBlocksInATerm() {
    final MediumUse use = new MediumUse(Long.MAX_VALUE);
    for (int i = 0; i < 64; i++) {
      assertThat(use.borrows(CLASS)).isFalse();
    }
    assertThat(use.borrows(CLASS)).isTrue();
    assertThat(use.borrows(CLASS + 1)).as("each class for itself").isFalse();
    assertThat(use.borrows(SizeClasses.SMALL_COUNT)).isFalse();
    assertThat(use.borrows(SizeClasses.COUNT - 1)).isFalse();
  }

  @Test
  void aTermIsAThousandTwentyFourBlocksOfAnyClass() {
    final MediumUse use = new MediumUse(Long.MAX_VALUE);
    for (int i = 0; i < 1_024; i++) {
      assertThat(use.isTermOver()).isFalse();
      use.borrows(SizeClasses.SMALL_COUNT + i % 2);
    }
    assertThat(use.isTermOver()).isTrue();
    assertThat(use.isTermOver()).isFalse();
    assertThat(use.borrows(SizeClasses.SMALL_COUNT)).as("counted anew").isFalse();
  }

  @Test
  void noSlabIsLargerThanTheMost() {
    final long bytes = Geometry.bytesOf(SizeClasses.granules(CLASS));
    final MediumUse enough = new MediumUse(bytes);
    final MediumUse tooLittle = new MediumUse(bytes - 1);
    boolean much = false;
    for (int i = 0; i < 100; i++) {
      much = enough.borrows(CLASS);
      assertThat(tooLittle.borrows(CLASS)).isFalse();
    }
    assertThat(much).isTrue();
    for (int i = 100; i < 1_024; i++) {
      tooLittle.borrows(CLASS);
    }
    assertThat(tooLittle.isTermOver()).as("they count for the term").isTrue();
  }

  @Test
  void aSlabRestedIfItHasIssuedNothingSinceItWasAskedLast() {
    final MediumUse use = new MediumUse(Long.MAX_VALUE);
    assertThat(use.hasRested(CLASS, 3)).isFalse();
    assertThat(use.hasRested(CLASS, 3)).isTrue();
    assertThat(use.hasRested(CLASS, 4)).isFalse();
    assertThat(use.hasRested(SizeClasses.SMALL_COUNT, 4)).isFalse();
    assertThat(use.hasRested(CLASS, 4)).isTrue();
  }
}
