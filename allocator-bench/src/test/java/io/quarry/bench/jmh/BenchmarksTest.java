package io.quarry.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.bench.blocks.Peer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

final class BenchmarksTest {

  /** The benchmarks whose threads are made by the JVM that JMH forks. */
  private static final String FORKED = "FastThreadLocalBenchmark";

  private static final String PACKAGE = "io.quarry.bench.jmh.";

  /** What a benchmark leaves out, as its documentation says. */
  private static final Map<String, Set<String>> UNABLE =
      Map.of(
          PACKAGE + "GrowthBenchmark.grow", Set.of("direct", "direct-gc", "ffm-arena"),
          PACKAGE + "ByteBufferBenchmark.byteBuffer", Set.of("unsafe-malloc"),
          PACKAGE + "VirtualThreadBenchmark.threads", Set.of("lwjgl-rpmalloc"));

  @Test
  void everyBenchmarkRunsOnEveryAllocatorThatCanRunHere() throws Exception {
    final Map<String, Set<String>> allocators = new TreeMap<>();
    for (final RunResult result : run("-f", "0", "-e", FORKED, "-e", "FileRead")) {
      assertThat(result.getPrimaryResult().getScore()).as(result.getParams().id()).isPositive();
      allocators
          .computeIfAbsent(result.getParams().getBenchmark(), name -> new TreeSet<>())
          .add(result.getParams().getParam(Selection.ALLOCATOR));
    }
    final Set<String> available = available();
    assertThat(allocators).hasSize(Runtime.version().feature() < 21 ? 11 : 12);
    allocators.forEach(
        (benchmark, run) -> {
          final Set<String> expected = new TreeSet<>(available);
          expected.removeAll(UNABLE.getOrDefault(benchmark, Set.of()));
          assertThat(run).as(benchmark).isEqualTo(expected);
        });
  }

  /** Of allocators it knows nothing. */
  @Test
  void filesAreReadInFourWays() throws Exception {
    assertThat(run("-f", "0", "FileRead", "-p", "chunk=4096")).hasSize(4);
  }

  @Test
  void nettyRunsOnItsOwnThreads() throws Exception {
    assertThat(run("-f", "1", FORKED)).hasSize(6);
  }

  @Test
  void elsewhereThatBenchmarkRefuses() {
    assertThatThrownBy(() -> run("-f", "0", FORKED)).isInstanceOf(RunnerException.class);
  }

  @Test
  void whatCannotRunHereIsLeftOutWithTheReason() throws Exception {
    final Selection selection = selection("Pair", "VirtualThread");
    final Set<String> available = available();
    final Selection.Part pairs = partOf(selection, "PairBenchmark");
    assertThat(pairs.allocators()).containsExactlyInAnyOrderElementsOf(available);
    for (final Peer peer : compared()) {
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
    assertThatThrownBy(() -> run("-f", "0", "Growth", "-p", "allocator=direct"))
        .isInstanceOf(RunnerException.class)
        .hasStackTraceContaining("direct cannot do this: its blocks are no ResizableBlocks");
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
        .filter(part -> part.benchmarks().stream().anyMatch(name -> name.contains(benchmark)))
        .findFirst()
        .orElseThrow();
  }

  /** Neither one that compacts where no block may be moved, nor one that checks, is another. */
  private static Set<Peer> compared() {
    return EnumSet.complementOf(
        EnumSet.of(Peer.QUARRY_COMPACTING, Peer.QUARRY_SAMPLED, Peer.QUARRY_FULL));
  }

  private static Set<String> available() {
    return compared().stream()
        .filter(peer -> peer.unavailable().isEmpty())
        .map(Peer::id)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** As short as can be: it is the code that is tried, not its speed. */
  private static List<RunResult> run(String... arguments) throws Exception {
    final List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("-v", "SILENT", "-foe", "true", "-wi", "0", "-i", "1", "-r", "2ms"));
    all.addAll(List.of("-p", "size=4096", "-p", "live=64", "-p", "lastSize=1048576"));
    final CommandLineOptions options = new CommandLineOptions(all.toArray(String[]::new));
    return JmhMain.results(options, Selection.of(options));
  }
}
