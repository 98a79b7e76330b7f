package io.quarry.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TableTest {

  @Test
  void namesStandLeftAndFiguresRight() {
    final Table table = new Table("title", 1, List.of("name", "ns"));
    table.add(List.of("a", "1.0"));
    table.add(List.of("longer", "12,345"));
    assertThat(table.toText())
        .isEqualTo(
            """
            title
              name        ns
              a          1.0
              longer  12,345
            """);
  }

  @Test
  void rowOfAnotherLengthIsRefused() {
    assertThatThrownBy(() -> new Table("t", 1, List.of("a", "b")).add(List.of("x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 cells");
  }

  @Test
  void figuresHaveUnitsThatFit() {
    assertThat(Units.size(16)).isEqualTo("16 B");
    assertThat(Units.size(65_536)).isEqualTo("64 KiB");
    assertThat(Units.size(1_572_864)).isEqualTo("1.5 MiB");
    assertThat(Units.duration(42.25)).isEqualTo("42.3 ns");
    assertThat(Units.duration(18_800)).isEqualTo("18.8 µs");
    assertThat(Units.duration(7_250_000)).isEqualTo("7.3 ms");
    assertThat(Units.nanos(3_041_929)).isEqualTo("3,041,929");
    assertThat(Units.ratio(0.756)).isEqualTo("0.76x");
    assertThat(Units.percent(0.8068)).isEqualTo("80.7%");
    assertThat(Units.nanos(Double.NaN)).isEqualTo("-");
  }
}
