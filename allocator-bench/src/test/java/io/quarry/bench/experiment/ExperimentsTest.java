package io.quarry.bench.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.measure.Measurement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ExperimentsTest {

  private static final double SCALE = 0.0005;

  static Stream<String> names() {
    return Experiments.ids().stream().flatMap(id -> Experiments.namesOf(id).stream());
  }

  /** Every block is verified when it is freed, so to end without an exception is the test. */
  @ParameterizedTest
  @MethodSource("names")
  void everyExperimentKeepsItsBlocksWhileTheyMove(String name) throws Exception {
    final Measurement measured = Experiments.run(name, setting(name, Peer.QUARRY_COMPACTING));
    assertThat(measured.workload()).isEqualTo(name);
    assertThat(measured.metric(Measurement.OPERATIONS)).isGreaterThan(100);
    assertThat(measured.metric(Measurement.OPS_PER_SECOND)).isPositive();
    assertThat(measured.metric(Measurement.OVERHEAD_PEAK)).isNotNaN();
    assertThat(measured.rss()).isNotEmpty();
  }

  @Test
  void allAllocatorsSeeTheSameOperations() throws Exception {
    for (final String name : List.of("W8", "META", "SHRINK-etc-random90")) {
      final Measurement quarry = Experiments.run(name, setting(name, Peer.QUARRY));
      final Measurement malloc = Experiments.run(name, setting(name, Peer.UNSAFE_MALLOC));
      for (final String metric : List.of("operations", "liveBytes", "mostLiveBytes")) {
        assertThat(malloc.metric(metric)).as(name + " " + metric).isEqualTo(quarry.metric(metric));
      }
    }
  }

  @Test
  void shiftingSizesKeepWithinTheirCap() throws Exception {
    final Measurement measured = Experiments.run("W3", setting("W3", Peer.QUARRY));
    assertThat(measured.metric("mostLiveBytes")).isBetween(1_048_000.0, 1_048_576.0);
    assertThat(measured.metric("liveBytes")).isBetween(1_040_000.0, 1_048_576.0);
  }

  private static Setting setting(String name, Peer peer) {
    return new Setting(peer, Experiments.of(name).usualThreads(), SCALE, 42, 1, 0);
  }
}
