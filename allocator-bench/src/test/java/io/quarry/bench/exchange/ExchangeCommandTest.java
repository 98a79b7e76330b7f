package io.quarry.bench.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import picocli.CommandLine;

@EnabledOnOs(OS.LINUX)
final class ExchangeCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return new CommandLine(new ExchangeCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void everyMediumIsMeasuredAndEveryMessageArrives() {
    assertThat(run("--round-trips", "2000", "--messages", "20000", "--message-bytes", "24"))
        .as("%s", err)
        .isZero();

    for (Medium medium : Medium.values()) {
      assertThat(out.toString().lines())
          .anySatisfy(
              line -> {
                final String[] cells = line.trim().split("\\s+");
                assertThat(cells[0]).isEqualTo(medium.toString());
                assertThat(cells).hasSize(6);
                for (int i = 1; i < cells.length; i++) {
                  assertThat(Long.parseLong(cells[i])).isPositive();
                }
              });
    }
  }

  @Test
  void wrongSizesAreRefused() {
    assertThat(run("--message-bytes", "15")).isEqualTo(2);
    assertThat(err.toString()).contains("--message-bytes must be 16 to 65536, but is 15");
    assertThat(run("--messages", "0")).isEqualTo(2);
  }
}
