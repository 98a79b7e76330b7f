package io.quarry.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WorkloadCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void runsFromEndToEnd(@TempDir Path directory) throws IOException {
    assertThat(
            execute(
                "workload",
                "W3,SHRINK-1k-all",
                "--allocators=quarry-compacting",
                "--scale=0.002",
                "--seeds=1",
                "--rehearsal=0",
                "--patience=1",
                "--out=" + directory))
        .isZero();
    final JsonObject root =
        JsonParser.parseString(Files.readString(directory.resolve("results.json")))
            .getAsJsonObject();
    assertThat(root.getAsJsonArray("failures")).isEmpty();
    assertThat(root.getAsJsonArray("results")).hasSize(2);
    final JsonObject shifted = root.getAsJsonArray("results").get(0).getAsJsonObject();
    assertThat(shifted.get("workload").getAsString()).isEqualTo("W3");
    assertThat(shifted.get("allocator").getAsString()).isEqualTo("quarry-compacting");
    assertThat(shifted.getAsJsonObject("metrics").keySet())
        .contains(
            "overheadPeak",
            "overheadEnd",
            "mallocP50Nanos",
            "mallocP99Nanos",
            "mallocP999Nanos",
            "mallocP9999Nanos",
            "mallocMaxNanos",
            "freeP99Nanos",
            "opsPerSecond",
            "mappings",
            "compactionBytesMoved");
    assertThat(Files.readString(directory.resolve("report.html"))).contains("experiment-charts");
    assertThat(out.toString()).contains("[2/2]").contains("Memory given back without a call");
  }

  @ParameterizedTest
  @CsvSource({
    "W9, --seeds=1, unknown workload 'W9'; choose from W1",
    "W1, --allocators=mimalloc, unknown allocator 'mimalloc'",
    "W1, --threads=0, '--threads must be 1 to 64, but was 0'",
    "W1, --scale=0, '--scale must be 5.0E-4 to 4.0, but was 0.0'",
    "W1, --scale=big, 'big'",
    "W1, --seeds=0, '--seeds must be 1 to 100, but was 0'",
    "W1, --out=/proc/none, /proc/none",
  })
  void wrongArgumentIsNamed(String id, String option, String message) {
    assertThat(execute("workload", id, option)).isEqualTo(2);
    assertThat(err.toString()).contains(message).contains("--help");
  }

  @Test
  void missingNameIsAskedFor() {
    assertThat(execute("workload")).isEqualTo(2);
    assertThat(err.toString()).contains("ID");
  }

  private int execute(String... arguments) {
    return BenchMain.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}
