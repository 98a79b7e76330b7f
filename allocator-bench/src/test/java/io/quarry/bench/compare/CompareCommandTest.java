package io.quarry.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.workload.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CompareCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void tinyComparisonRunsFromEndToEnd(@TempDir Path directory) throws IOException {
    final Path target = directory.resolve("new");
    assertThat(execute("compare", "--tiny", "--out", target.toString())).isZero();

    final JsonObject root =
        JsonParser.parseString(Files.readString(target.resolve("results.json"))).getAsJsonObject();
    assertThat(root.getAsJsonArray("failures")).isEmpty();
    assertThat(root.getAsJsonArray("unavailable")).isEmpty();
    assertThat(measured(root)).containsExactlyInAnyOrderElementsOf(expected());
    for (final JsonElement result : root.getAsJsonArray("results")) {
      final JsonObject metrics = result.getAsJsonObject().getAsJsonObject("metrics");
      assertThat(metrics.get("nsPerOp").getAsDouble()).isPositive();
      assertThat(metrics.get("opsPerSecond").getAsDouble()).isPositive();
      assertThat(metrics.get("rssPeakBytes").getAsLong()).isGreaterThan(1 << 20);
    }
    assertThat(root.getAsJsonArray("series")).hasSize(3);
    assertThat(root.getAsJsonObject("environment").get("command").getAsString())
        .startsWith("bench compare --tiny");
    assertThat(Files.readString(target.resolve("report.html"))).contains("fixed-4096");
    assertThat(out.toString())
        .contains("[12/12]")
        .contains("churn     direct-gc")
        .contains(target.resolve("report.html").toString());
  }

  @Test
  void hitRatioDoesNotDependOnTheAllocator() {
    // Two threads race for the same keys, so it is not equal to the last digit.
    final Plan plan = Plan.tiny();
    final double direct = cacheHitRatio(plan, Peer.DIRECT);
    final double collected = cacheHitRatio(plan, Peer.DIRECT_GC);
    assertThat(Math.abs(direct - collected)).isLessThan(0.02);
    assertThat(direct).isBetween(0.5, 0.99);
  }

  @ParameterizedTest
  @CsvSource({
    "--allocators, jemalloc, unknown allocator 'jemalloc'",
    "--workloads, larson, unknown workload 'larson'",
    "--forks, 0, '--forks must be 1 to 100, but was 0'",
    "--forks, many, 'many'",
    "--seed, 1.5, '1.5'",
    "--out, /proc/none, /proc/none",
  })
  void wrongArgumentIsNamed(String option, String value, String message) {
    assertThat(execute("compare", option, value)).isEqualTo(2);
    assertThat(err.toString()).contains(message).contains("--help");
  }

  @Test
  void unknownOptionIsNamed() {
    assertThat(execute("compare", "--fast")).isEqualTo(2);
    assertThat(err.toString()).contains("--fast");
  }

  @Test
  void failureOfAChildIsReportedWithItsLastWords() {
    final Plan noHeap = new Plan("no heap", 1, List.of(16), 1, 1, 1, 1, 1, 1, 1, 1, 1, 0);
    final Run run = WorkloadKind.FIXED.run(Peer.DIRECT, 1, noHeap, 1);
    assertThatThrownBy(() -> ChildJvm.run(run, millis -> {}))
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("fixed on direct")
        .hasMessageContaining("exit code 1");
  }

  private int execute(String... arguments) {
    return BenchMain.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private static double cacheHitRatio(Plan plan, Peer peer) {
    try {
      return ChildJvm.run(WorkloadKind.CACHE.run(peer, 1, plan, 7), millis -> {})
          .measurements()
          .get(0)
          .metric("hitRatio");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Set<String> expected() {
    final Set<String> names = new TreeSet<>();
    for (final String workload : List.of("fixed-16", "fixed-4096", "churn", "handoff", "cache")) {
      for (final String allocator : List.of("quarry", "direct", "direct-gc")) {
        names.add(workload + " " + allocator);
      }
    }
    return names;
  }

  private static Set<String> measured(JsonObject root) {
    final Set<String> names = new TreeSet<>();
    for (final JsonElement element : root.getAsJsonArray("results")) {
      final JsonObject result = element.getAsJsonObject();
      names.add(result.get("workload").getAsString() + " " + result.get("allocator").getAsString());
    }
    return names;
  }
}
