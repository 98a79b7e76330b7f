package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.slab.Slab;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Everything is counted, what there is room for is reported, and each report is made once. */
class MisusesTest {
  private final Misuses misuses = new Misuses();
  private final Slab slab = new Slab(null, 3, 64, 100);

  private static List<String> reports(final Misuses from) {
    final List<String> reports = new ArrayList<>();
    from.report(reports::add);
    return reports;
  }

  @Test
  void blocksAreCountedAndDescribed() {
    misuses.freedTwice(slab, 3);
    misuses.freedAfterMove(slab, 2);
    misuses.found("something else");
    assertThat(misuses.count()).isEqualTo(6);
    final List<String> reports = reports(misuses);
    assertThat(reports).hasSize(3);
    assertThat(reports.get(0)).contains("3 block(s) of 64 bytes").contains("by two threads");
    assertThat(reports.get(1)).contains("2 block(s) of 64 bytes").contains("old address");
    assertThat(reports.get(2)).isEqualTo("something else");
    assertThat(reports(misuses)).isEmpty();
    assertThat(misuses.count()).isEqualTo(6);
  }

  @Test
  void whatThereIsNoRoomForIsStillCounted() {
    for (int i = 0; i < 1_000; i++) {
      misuses.found("number " + i);
    }
    assertThat(misuses.count()).isEqualTo(1_000);
    assertThat(reports(misuses)).hasSize(256).startsWith("number 0");
    misuses.found("after all");
    assertThat(reports(misuses)).containsExactly("after all");
  }

  @Test
  void whatAnotherHasNotReportedIsTakenOver() {
    final Misuses other = new Misuses();
    other.found("reported already");
    reports(other);
    other.freedTwice(slab, 5);
    misuses.found("own");
    misuses.absorb(other);
    assertThat(misuses.count()).isEqualTo(7);
    assertThat(reports(misuses)).hasSize(2);
    assertThat(reports(other)).isEmpty();
  }
}
