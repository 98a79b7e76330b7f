package io.quarry.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.bench.blocks.Peer;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

final class BenchmarksTest {

  /** The benchmarks whose threads are made by the JVM that JMH forks. */
  private static final String FORKED = ".*FastThreadLocalBenchmark.*";

  @Test
  void everyBenchmarkRunsOnEveryAllocatorThatCanRunHere() throws Exception {
    final Selection selection = selection("-e", FORKED);
    int runs = 0;
    for (final Selection.Part part : selection.parts()) {
      final Collection<RunResult> results = run(options(part).forks(0));
      for (final RunResult result : results) {
        assertThat(result.getPrimaryResult().getScore()).as(result.getParams().id()).isPositive();
      }
      runs += results.size();
    }
    final int leastPeers = 8;
    assertThat(runs).isGreaterThan(10 * leastPeers);
  }

  @Test
  void nettyRunsOnItsOwnThreads() throws Exception {
    final Selection.Part part = selection(FORKED).parts().get(0);
    final String[] flags = Peer.NETTY_POOLED.jvmFlags().toArray(String[]::new);
    assertThat(run(options(part).forks(1).jvmArgsPrepend(flags))).hasSize(6);
  }

  @Test
  void elsewhereThatBenchmarkRefuses() throws Exception {
    final Selection.Part part = selection(FORKED).parts().get(0);
    assertThatThrownBy(() -> run(options(part).forks(0))).isInstanceOf(RunnerException.class);
  }

  @Test
  void whatCannotRunHereIsLeftOutWithTheReason() throws Exception {
    final Selection selection = selection("Pair", "VirtualThread");
    final Set<String> available =
        Stream.of(Peer.values())
            .filter(peer -> peer.unavailable().isEmpty())
            .map(Peer::id)
            .collect(Collectors.toCollection(TreeSet::new));
    final Selection.Part pairs = partOf(selection, "PairBenchmark");
    assertThat(pairs.allocators()).containsExactlyInAnyOrderElementsOf(available);
    for (final Peer peer : Peer.values()) {
      assertThat(selection.leftOut().stream().anyMatch(line -> line.startsWith(peer.id() + ": ")))
          .as(peer.id())
          .isEqualTo(!available.contains(peer.id()));
    }
    assertThat(
            selection.leftOut().stream()
                .anyMatch(line -> line.contains("virtual threads need JDK 21")))
        .isEqualTo(Runtime.version().feature() < 21);
  }

  @Test
  void allocatorsOfTheCommandLineAreTakenAsTheyAre() throws Exception {
    final Selection selection = selection("Growth", "-p", "allocator=direct,quarry");
    assertThat(selection.parts()).hasSize(1);
    assertThat(selection.parts().get(0).allocators()).containsExactly("direct", "quarry");
  }

  @Test
  void allocatorThatLacksWhatABenchmarkNeedsIsRefused() {
    assertThatThrownBy(
            () -> {
              final Selection.Part part =
                  selection("Growth", "-p", "allocator=direct").parts().get(0);
              run(options(part).forks(0));
            })
        .isInstanceOf(RunnerException.class);
  }

  @Test
  void ratiosAreToTheBestOther() {
    final String text =
        RatioTable.of(
            Map.of(
                "Some.pair",
                Map.of("quarry", 2.0, "direct", 8.0, "netty-pooled", 4.0, "ffm-malloc", 1.0)));
    final List<String> lines = text.lines().toList();
    assertThat(Arrays.asList(lines.get(2).strip().split("  +")))
        .containsExactly(
            "Some.pair", "2.0", "netty-pooled", "4.0", "0.50", "ffm-malloc", "1.0", "2.00");
    assertThat(text)
        .contains("geometric mean of 1 ratios to the best on 17: 0.50")
        .contains("geometric mean of 1 ratios to the best of all: 2.00");
    assertThat(RatioTable.of(Map.of("Some.pair", Map.of("direct", 8.0)))).isEmpty();
  }

  private static Selection selection(String... arguments) throws Exception {
    return Selection.of(new CommandLineOptions(arguments));
  }

  private static Selection.Part partOf(Selection selection, String benchmark) {
    return selection.parts().stream()
        .filter(
            part ->
                part.benchmarks().stream()
                    .map(BenchmarkListEntry::getUsername)
                    .anyMatch(name -> name.contains(benchmark)))
        .findFirst()
        .orElseThrow();
  }

  /** As short as can be: it is the code that is tried, not its speed. */
  private static ChainedOptionsBuilder options(Selection.Part part) {
    final ChainedOptionsBuilder builder =
        new OptionsBuilder()
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .warmupIterations(0)
            .measurementIterations(1)
            .measurementTime(TimeValue.milliseconds(2))
            .param(Selection.ALLOCATOR, part.allocators().toArray(String[]::new))
            .param("size", "4096")
            .param("live", "64")
            .param("lastSize", "1048576");
    part.benchmarks().forEach(entry -> builder.include("^" + entry.getUsername() + "$"));
    return builder;
  }

  private static Collection<RunResult> run(ChainedOptionsBuilder options) throws RunnerException {
    return new Runner(options.build()).run();
  }
}
