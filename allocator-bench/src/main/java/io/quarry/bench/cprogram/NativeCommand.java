package io.quarry.bench.cprogram;

import com.google.gson.Gson;
import io.quarry.bench.blocks.Peer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench native}: the same loops in C and in Java, in turns. */
@Command(
    name = "native",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs loops of malloc and free in a C program, on glibc and on what is installed of jemalloc,"
          + " mimalloc and tcmalloc, and the same loops in Java, in turns.",
      "Prints medians and Quarry's ratio to each: below 1 it is faster."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:everything was measured", "1:a run failed", "2:wrong usage"})
public final class NativeCommand implements Callable<Integer> {

  private static final int MAX_ROUNDS = 100;
  private static final int MAX_MILLIS = 600_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--loops",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "pair-64,churn-4096",
      description = "pair-SIZE and churn-BLOCKS (default: ${DEFAULT-VALUE}).")
  private List<String> loops;

  @Option(
      names = "--allocators",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "quarry",
      description = "Which allocators to run in Java (default: ${DEFAULT-VALUE}).")
  private List<String> allocators;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "How often each is run, in turns (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--millis",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Measured time of each run; it is warmed up as long (default: ${DEFAULT-VALUE}).")
  private int millis;

  @Override
  public Integer call() throws IOException {
    final List<Loop> chosenLoops = convert("--loops", loops, Loop::of);
    final List<Peer> peers = convert("--allocators", allocators, Peer::of);
    requireBetween("--rounds", rounds, MAX_ROUNDS);
    requireBetween("--millis", millis, MAX_MILLIS);
    final Optional<String> noCompiler = CProgram.unavailable();
    if (noCompiler.isPresent()) {
      return fail(noCompiler.get());
    }
    for (final Peer peer : peers) {
      if (peer.unavailable().isPresent()) {
        return fail(peer + " is not available: " + peer.unavailable().get());
      }
    }
    try (CProgram program = CProgram.compile()) {
      for (final Loop loop : chosenLoops) {
        printer().print(compare(loop, peers, program));
        printer().flush();
      }
      return 0;
    } catch (IllegalStateException e) {
      return fail(e.getMessage());
    }
  }

  private String compare(Loop loop, List<Peer> peers, CProgram program) throws IOException {
    final Map<String, List<Double>> nanos = new LinkedHashMap<>();
    for (int round = 1; round <= rounds; round++) {
      for (final Peer peer : peers) {
        nanos
            .computeIfAbsent(peer + ", Java", name -> new ArrayList<>())
            .add(runInJava(loop, peer));
      }
      for (final NativeLibrary library : NativeLibrary.values()) {
        final OptionalDouble time = program.run(library, loop, millis, millis);
        final List<Double> times =
            nanos.computeIfAbsent(library.title() + ", C", name -> new ArrayList<>());
        time.ifPresent(times::add);
      }
      printer().printf("%s: round %d of %d%n", loop, round, rounds);
    }
    return RoundsTable.of(loop.toString(), Peer.QUARRY + ", Java", nanos);
  }

  private double runInJava(Loop loop, Peer peer) throws IOException {
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(peer.jvmFlags());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(spec.root().userObject().getClass().getName(), "loop"));
    command.addAll(List.of("--loop", loop.toString(), "--allocator", peer.id()));
    command.addAll(List.of("--warmup-millis", Integer.toString(millis)));
    command.addAll(List.of("--measure-millis", Integer.toString(millis)));
    final String report = Child.report(new ProcessBuilder(command));
    return new Gson().fromJson(report, JavaReport.class).nsPerOp;
  }

  private <T> List<T> convert(String option, List<String> names, Function<String, T> conversion) {
    try {
      return names.stream().distinct().map(conversion).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage());
    }
  }

  private void requireBetween(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new ParameterException(
          spec.commandLine(), option + " must be 1 to " + most + ", but was " + value);
    }
  }

  private int fail(String reason) {
    spec.commandLine().getErr().println("bench native: " + reason);
    return 1;
  }

  private PrintWriter printer() {
    return spec.commandLine().getOut();
  }

  /** What {@link LoopCommand} prints. */
  private static final class JavaReport {
    private double nsPerOp;
  }
}
