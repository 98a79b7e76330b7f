package io.quarry.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SystemCallsTest {

  @Test
  void countsAreReadFromWhatPerfWrites() {
    assertThat(
            SystemCalls.parse(
                List.of(
                    "8;;syscalls:sys_enter_mmap;1234;100.00;;",
                    "0;;syscalls:sys_enter_munmap;1234;100.00;;",
                    "<not counted>;;syscalls:sys_enter_madvise;0;0.00;;")))
        .hasSize(2)
        .containsEntry("mmap", 8L)
        .containsEntry("munmap", 0L);
  }

  @Test
  void nothingIsReportedWhereNothingWasCounted() {
    assertThat(SystemCalls.none().stop()).isEmpty();
  }
}
