package io.quarry.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class QuartersTest {

  private static List<Level> levels(int count, int start, int rise) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Level(i, start + (long) rise * i, 0, 0, 0))
        .toList();
  }

  @Test
  void mediansAreOfTheQuarters() {
    final Quarters quarters = new Quarters("rss", levels(12, 100, 1), Level::rssBytes);

    assertThat(IntStream.range(0, 4).mapToObj(quarters::median))
        .containsExactly(101L, 104L, 107L, 110L);
  }

  @Test
  void whatRisesIsNotFlat() {
    final Quarters quarters = new Quarters("rss", levels(12, 100, 1), Level::rssBytes);

    quarters.demandFlat(0.09, 0);
    quarters.demandFlat(0, 9);
    assertThatThrownBy(() -> quarters.demandFlat(0.08, 8))
        .isInstanceOf(Divergence.class)
        .hasMessageContaining("rss is not flat: 101 bytes in the first quarter, 110 in the last");
  }

  @Test
  void whatFallsIsFlat() {
    new Quarters("rss", levels(12, 100, -1), Level::rssBytes).demandFlat(0, 0);
  }

  @Test
  void threeRestPointsAreTooFew() {
    final List<Level> three = levels(3, 1, 0);
    assertThatThrownBy(() -> new Quarters("rss", three, Level::rssBytes))
        .isInstanceOf(Divergence.class)
        .hasMessageContaining("too few");
  }
}
