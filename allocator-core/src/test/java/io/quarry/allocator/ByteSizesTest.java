package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ByteSizesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1, 1 B",
    "1023, 1023 B",
    "1024, 1.0 KiB",
    "1536, 1.5 KiB",
    "1048524, 1023.9 KiB",
    "1048525, 1.0 MiB",
    "1048575, 1.0 MiB",
    "1048576, 1.0 MiB",
    "13314398618, 12.4 GiB",
    "1099511627776, 1.0 TiB",
    "1125899906842624, 1.0 PiB",
    "1152921504606846976, 1.0 EiB",
    "9223372036854775807, 8.0 EiB",
    "-1, -1 B",
    "-1536, -1.5 KiB",
    "-9223372036854775808, -8.0 EiB",
  })
  void formatChoosesTheUnit(long bytes, String expected) {
    assertThat(ByteSizes.format(bytes)).isEqualTo(expected);
  }

  @Test
  void groupedSeparatesThousands() {
    assertThat(ByteSizes.grouped(0)).isEqualTo("0");
    assertThat(ByteSizes.grouped(999)).isEqualTo("999");
    assertThat(ByteSizes.grouped(1_572_864)).isEqualTo("1,572,864");
    assertThat(ByteSizes.grouped(Long.MAX_VALUE)).isEqualTo("9,223,372,036,854,775,807");
    assertThat(ByteSizes.grouped(-1_234)).isEqualTo("-1,234");
  }

  @Test
  void percentHasOneDecimal() {
    assertThat(ByteSizes.percent(0)).isEqualTo("0.0%");
    assertThat(ByteSizes.percent(0.875)).isEqualTo("87.5%");
    assertThat(ByteSizes.percent(1)).isEqualTo("100.0%");
  }

  @Test
  void theDefaultLocaleDoesNotMatter() {
    final Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(ByteSizes.format(1536)).isEqualTo("1.5 KiB");
      assertThat(ByteSizes.grouped(1_572_864)).isEqualTo("1,572,864");
      assertThat(ByteSizes.percent(0.5)).isEqualTo("50.0%");
    } finally {
      Locale.setDefault(before);
    }
  }
}
