package io.quarry.bench.cprogram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.loops.ReplacementPlan;
import io.quarry.bench.loops.ReplacementPlanTest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CProgramTest {

  @BeforeEach
  void aCompilerIsAtHand() {
    assumeThat(CProgram.unavailable()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64, 4_096, 10_000, 1_000_000})
  void drawsWhatJavaDraws(int live) throws IOException {
    final ReplacementPlan plan = ReplacementPlan.uniform(live);
    try (CProgram program = CProgram.compile()) {
      assertThat(program.draws(live).get("hash")).isEqualTo(ReplacementPlanTest.hash(plan));
      assertThat(program.draws(live).get("length")).isEqualTo((double) plan.length());
    }
  }

  @ParameterizedTest
  @EnumSource
  void loopsRunOnWhatIsInstalled(NativeLibrary library) throws IOException {
    try (CProgram program = CProgram.compile()) {
      for (final String loop : List.of("pair-64", "pair-100000", "churn-1", "churn-20000")) {
        final OptionalDouble nanos = program.run(library, Loop.of(loop), 1, 20);
        assumeThat(nanos).isPresent();
        assertThat(nanos.getAsDouble()).as(loop).isBetween(0.5, 1e6);
      }
    }
  }

  @Test
  void glibcNeedsNoInstallation() throws IOException {
    try (CProgram program = CProgram.compile()) {
      assertThat(program.run(NativeLibrary.GLIBC, Loop.of("pair-16"), 1, 1)).isPresent();
    }
  }

  @Test
  void failureOfTheProgramHoldsItsWords() throws IOException {
    try (CProgram program = CProgram.compile()) {
      assertThatThrownBy(() -> program.run(NativeLibrary.GLIBC, new Loop(Loop.PAIR, 8), 1, 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("exit code 2")
          .hasMessageContaining("8 bytes is less than 16");
    }
  }

  @ParameterizedTest
  @CsvSource({"pair-64", "churn-300"})
  void loopsRunInJava(String loop) {
    assertThat(Loop.of(loop).run(Peer.QUARRY, 1, 20)).isBetween(0.5, 1e6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"pair", "pair-8", "pair-many", "churn-0", "swap-64", "", "-64", "pair--64"})
  void unknownLoopIsNamed(String name) {
    assertThatThrownBy(() -> Loop.of(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + name + "'")
        .hasMessageContaining("pair-SIZE")
        .hasMessageContaining("churn-BLOCKS");
  }

  @Test
  void tableDividesOurMedianByTheirs() {
    final Map<String, List<Double>> nanos = new TreeMap<>();
    nanos.put("a", List.of(6.0, 3.0, 100.0));
    nanos.put("b", List.of(12.0, 10.0));
    nanos.put("c", List.of());
    assertThat(RoundsTable.of("loop", "a", nanos).lines().map(line -> line.strip().split("  +")))
        .containsExactly(
            new String[] {"loop: nanoseconds an operation"},
            new String[] {"median", "least", "most", "quarry's ratio"},
            new String[] {"a", "6.0", "3.0", "100.0", "-"},
            new String[] {"b", "11.0", "10.0", "12.0", "0.55"},
            new String[] {"c (not installed)", "-", "-", "-", "-"});
  }
}
