package io.quarry.slab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is remembered of a slab from look to look, by a clock of the test's own. */
class RestTest {
  private static final long IDLE = 100;

  private final Slab slab = new Slab(null, 0, 16, 64);
  private final Rest rest = slab.restOrNew();

  @Test
  void itIsMadeOnce() {
    assertThat(slab.rest()).isSameAs(rest).isSameAs(slab.restOrNew());
    assertThat(new Slab(null, 0, 16, 64).rest()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "65536, 4096, 4096", // 16 parts
    "262144, 4096, 4096", // 64
    "327680, 4096, 8192", // 80 pages: 40 parts
    "1048576, 4096, 16384",
    "65536, 65536, 65536",
    "65536, 2097152, 2097152" // less than a page
  })
  void aPartIsAPageOrAsManyAsMakeSixtyFour(
      final long slabBytes, final long pageBytes, final long partBytes) {
    assertThat(Rest.partBytes(slabBytes, pageBytes)).isEqualTo(partBytes);
  }

  @Test
  void theRestBeginsAnewWithEachBlockIssued() {
    assertThat(rest.since(slab, 10)).isEqualTo(10);
    assertThat(rest.since(slab, 20)).isEqualTo(10);
    assertThat(rest.isUndisturbed(slab)).isTrue();
    issue();
    assertThat(rest.isUndisturbed(slab)).isFalse();
    assertThat(rest.since(slab, 30)).isEqualTo(30);
    assertThat(rest.isUndisturbed(slab)).isTrue();
  }

  @Test
  void whatWasEmptyInALookIsDueAfterTheIdleTime() {
    rest.look(slab, 0b0110, 1_000);
    assertThat(rest.due(slab, 1_000, IDLE)).isZero();
    assertThat(rest.due(slab, 1_000 + IDLE - 1, IDLE)).isZero();
    assertThat(rest.due(slab, 1_000 + IDLE, IDLE)).isEqualTo(0b0110);
    rest.look(slab, 0b1110, 1_050); // what is empty since waits its turn
    assertThat(rest.due(slab, 1_000 + IDLE, IDLE)).isEqualTo(0b0110);
    rest.returned(0b0110);
    assertThat(rest.due(slab, 1_000 + IDLE, IDLE)).isZero();
    rest.look(slab, 0b1110, 1_200);
    assertThat(rest.due(slab, 1_200 + IDLE - 1, IDLE)).isZero();
    assertThat(rest.due(slab, 1_200 + IDLE, IDLE)).isEqualTo(0b1000);
  }

  @Test
  void ofASlabThatIssuedABlockNothingIsDue() {
    rest.look(slab, 0b1, 1_000);
    issue();
    assertThat(rest.due(slab, 1_000 + IDLE, IDLE)).isZero();
    rest.look(slab, 0b10, 1_000 + IDLE);
    assertThat(rest.due(slab, 1_000 + 2 * IDLE - 1, IDLE)).isZero();
    assertThat(rest.due(slab, 1_000 + 2 * IDLE, IDLE)).isEqualTo(0b10);
  }

  @Test
  void whatHasNoMemoryIsForgottenWhenABlockIsIssued() {
    rest.look(slab, 0b111, 1_000);
    rest.absent(0b001);
    rest.absent(0b010);
    assertThat(rest.absent()).isEqualTo(0b011);
    assertThat(rest.due(slab, 1_000 + IDLE, IDLE)).isEqualTo(0b100);
    assertThat(rest.hasReturned()).as("nobody gave it back").isFalse();
    issue();
    rest.look(slab, 0b111, 2_000);
    assertThat(rest.absent()).isZero();
    assertThat(rest.due(slab, 2_000 + IDLE, IDLE)).isEqualTo(0b111);
  }

  @Test
  void aPartThatWasGivenBackIsRefilledOnce() {
    rest.look(slab, 0b111, 1_000);
    rest.returned(0b001);
    rest.returned(0b010);
    assertThat(rest.absent()).isEqualTo(0b011);
    assertThat(rest.hasReturned()).isTrue();
    assertThat(rest.refilled(0b111)).isZero();
    assertThat(rest.refilled(0b010)).isEqualTo(0b001);
    assertThat(rest.refilled(0b010)).isZero();
    assertThat(rest.hasReturned()).isTrue();
    assertThat(rest.refilled(0)).isEqualTo(0b010);
    assertThat(rest.hasReturned()).isFalse();
  }

  @Test
  void theKernelIsNotAskedAgainAfterItRefused() {
    rest.look(slab, 0b1, 1_000);
    rest.refused();
    assertThat(rest.due(slab, 1_000 + IDLE, IDLE)).isZero();
    issue();
    rest.look(slab, 0b1, 2_000);
    assertThat(rest.due(slab, 2_000 + IDLE, IDLE)).isZero();
  }

  private void issue() {
    if (!slab.hasCandidate()) {
      slab.reload();
    }
    slab.take();
  }
}
