package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

final class MappingCountTest {

  @Test
  @EnabledOnOs(OS.LINUX)
  void theShareIsAQuarterOfTheKernelsLimit() throws IOException {
    final byte[] digits = new byte[32];
    final int length;
    try (FileInputStream file = new FileInputStream("/proc/sys/vm/max_map_count")) {
      length = file.read(digits);
    }
    final String limit = new String(digits, 0, length, StandardCharsets.US_ASCII).trim();

    assertThat(MappingCount.ofThisProcess().share()).isEqualTo(Integer.parseInt(limit) / 4);
  }

  @Test
  void anEighthIsKeptForRegions() {
    final MappingCount count = new MappingCount(16);
    count.add(13);
    assertThat(count.allowsHole()).isTrue();
    count.add(1);
    assertThat(count.allowsHole()).isFalse();
    assertThat(count.allowsRegion()).isTrue();
    count.add(2);
    assertThat(count.allowsRegion()).isFalse();
    count.add(-1);
    assertThat(count.allowsRegion()).isTrue();
  }
}
