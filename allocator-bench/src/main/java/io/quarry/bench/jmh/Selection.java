package io.quarry.bench.jmh;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.loops.VirtualThreads;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The benchmarks that the command line names, each with those of its allocators that this JVM can
 * run. JMH takes one list of values for a parameter and applies it to all; so benchmarks with the
 * same list form a part, and each part is run by itself.
 */
final class Selection {

  /** The parameter that names the allocator. */
  static final String ALLOCATOR = "allocator";

  private final List<String> names;
  private final List<Part> parts;
  private final List<String> leftOut;

  private Selection(List<String> names, List<Part> parts, List<String> leftOut) {
    this.names = names;
    this.parts = List.copyOf(parts);
    this.leftOut = List.copyOf(leftOut);
  }

  /**
   * Benchmarks that are run together.
   *
   * @param allocators those that they are run on
   * @param benchmarks their names
   */
  record Part(List<String> allocators, List<String> benchmarks) {}

  /**
   * What those arguments of JMH select. Allocators that they name are run in any case, and fail
   * with the reason where they are not available.
   */
  static Selection of(Options options) {
    final OutputFormat silent =
        OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT);
    return of(
        BenchmarkList.defaultList().find(silent, options.getIncludes(), options.getExcludes()),
        List.copyOf(options.getParameter(ALLOCATOR).orElse(List.of())));
  }

  private static Selection of(Collection<BenchmarkListEntry> benchmarks, List<String> asked) {
    final Map<String, Optional<String>> obstacles = new LinkedHashMap<>();
    final Map<List<String>, Part> parts = new LinkedHashMap<>();
    final List<String> leftOut = new ArrayList<>();
    for (final BenchmarkListEntry benchmark : benchmarks) {
      if (isOfVirtualThreads(benchmark) && Runtime.version().feature() < VirtualThreads.SINCE) {
        leftOut.add(benchmark.getUsername() + ": virtual threads need JDK " + VirtualThreads.SINCE);
        continue;
      }
      final List<String> allocators =
          asked.isEmpty()
              ? declared(benchmark).stream()
                  .filter(id -> obstacles.computeIfAbsent(id, Selection::obstacle).isEmpty())
                  .toList()
              : asked;
      parts
          .computeIfAbsent(allocators, list -> new Part(list, new ArrayList<>()))
          .benchmarks()
          .add(benchmark.getUsername());
    }
    obstacles.forEach((id, obstacle) -> obstacle.ifPresent(o -> leftOut.add(id + ": " + o)));
    return new Selection(
        benchmarks.stream().map(BenchmarkListEntry::getUsername).toList(),
        List.copyOf(parts.values()),
        leftOut);
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  List<Part> parts() {
    return parts;
  }

  /**
   * The benchmarks that the command line names and that are not of that part: JMH adds what is
   * included to what the command line includes, so the others have to be excluded.
   */
  List<String> others(Part part) {
    return names.stream().filter(name -> !part.benchmarks().contains(name)).toList();
  }

  /** What is not run though it was asked for, with the reasons. */
  List<String> leftOut() {
    return leftOut;
  }

  private static List<String> declared(BenchmarkListEntry benchmark) {
    return List.of(benchmark.getParams().orElse(Map.of()).getOrDefault(ALLOCATOR, new String[0]));
  }

  private static Optional<String> obstacle(String id) {
    return Peer.of(id).unavailable();
  }

  private static boolean isOfVirtualThreads(BenchmarkListEntry benchmark) {
    return benchmark.getUserClassQName().equals(VirtualThreadBenchmark.class.getName());
  }
}
