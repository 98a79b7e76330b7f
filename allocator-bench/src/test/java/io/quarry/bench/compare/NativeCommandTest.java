package io.quarry.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as it is typed, from where it is put together. */
final class NativeCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void tinyRunEndsWithATableForEachLoop() {
    final int exitCode =
        execute("native", "--rounds", "1", "--millis", "20", "--loops", "pair-64,churn-64");
    // Without a compiler there is nothing to run, but it has to say so.
    if (exitCode != 0) {
      assertThat(err.toString()).contains("C compiler", "set CC");
      return;
    }
    assertThat(out.toString())
        .containsPattern("quarry, Java +\\d+\\.\\d")
        .containsPattern("glibc, C +\\d+\\.\\d +\\d+\\.\\d +\\d+\\.\\d +\\d+\\.\\d\\d")
        .contains("pair-64: nanoseconds an operation", "churn-64: nanoseconds an operation");
  }

  @ParameterizedTest
  @CsvSource({
    "--loops, swap-1, unknown loop 'swap-1'",
    "--allocators, jemalloc, unknown allocator 'jemalloc'",
    "--rounds, 0, '--rounds must be 1 to 100, but was 0'",
    "--millis, -1, '--millis must be 1 to 600000, but was -1'",
  })
  void wrongArgumentIsNamed(String option, String value, String message) {
    assertThat(execute("native", option, value)).isEqualTo(2);
    assertThat(err.toString()).contains(message).contains("--help");
  }

  private int execute(String... arguments) {
    return BenchMain.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}
