package io.quarry.bench.jmh;

import io.quarry.bench.blocks.Peer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.openjdk.jmh.Main;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Defaults;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * The program behind {@code bench jmh}: JMH with all its arguments, except that benchmarks of
 * allocators that cannot run in this JVM are left out and named, that forks get the flags that the
 * allocators need, and that a table of ratios follows.
 */
public final class JmhMain {

  private static final int FAILURE = 1;
  private static final int USAGE = 2;

  private JmhMain() {}

  /** Runs JMH and ends the JVM: 0 for success, 1 for a failure, 2 for wrong usage. */
  public static void main(String[] args) throws Exception {
    final CommandLineOptions options = parse(args);
    if (options.shouldHelp()
        || options.shouldList()
        || options.shouldListWithParams()
        || options.shouldListProfilers()
        || options.shouldListResultFormats()) {
      Main.main(args);
      return;
    }
    System.exit(run(options));
  }

  private static CommandLineOptions parse(String... args) {
    try {
      return new CommandLineOptions(args);
    } catch (CommandLineOptionException e) {
      System.err.println("bench jmh: " + e.getMessage());
      System.err.println("Try 'bench jmh -h'.");
      System.exit(USAGE);
      throw new IllegalStateException(e);
    }
  }

  private static int run(CommandLineOptions options) {
    final Selection selection = Selection.of(options);
    if (selection.isEmpty()) {
      System.err.println("bench jmh: no benchmark of that name can run here; see bench jmh -l");
      selection.leftOut().forEach(line -> System.err.println("left out: " + line));
      return USAGE;
    }
    try {
      final List<RunResult> results = results(options, selection);
      write(options, results);
      System.out.println();
      System.out.print(RatioTable.of(results));
      selection.leftOut().forEach(line -> System.out.println("left out: " + line));
      return 0;
    } catch (RunnerException e) {
      System.err.println("bench jmh: " + e.getMessage());
      return FAILURE;
    }
  }

  /** Runs what is selected. */
  static List<RunResult> results(CommandLineOptions options, Selection selection)
      throws RunnerException {
    final List<RunResult> results = new ArrayList<>();
    for (final Selection.Part part : selection.parts()) {
      results.addAll(new Runner(forPart(options, part, selection.others(part))).run());
    }
    return results;
  }

  private static Options forPart(
      CommandLineOptions options, Selection.Part part, List<String> others) {
    final ChainedOptionsBuilder builder = new OptionsBuilder().parent(options);
    others.stream().map(name -> "^" + Pattern.quote(name) + "$").forEach(builder::exclude);
    if (!part.allocators().isEmpty()) {
      builder.param(Selection.ALLOCATOR, part.allocators().toArray(String[]::new));
    }
    final Set<String> flags = new LinkedHashSet<>();
    part.allocators().forEach(id -> flags.addAll(Peer.of(id).jvmFlags()));
    flags.addAll(options.getJvmArgsPrepend().orElse(List.of()));
    builder.jvmArgsPrepend(flags.toArray(String[]::new));
    return builder.build();
  }

  /** Each part has overwritten what the one before wrote: the file is to hold them all. */
  private static void write(CommandLineOptions options, Collection<RunResult> results) {
    if (options.getResult().hasValue() || options.getResultFormat().hasValue()) {
      final ResultFormatType type = options.getResultFormat().orElse(Defaults.RESULT_FORMAT);
      final String file =
          options
              .getResult()
              .orElse(Defaults.RESULT_FILE_PREFIX + "." + type.toString().toLowerCase(Locale.ROOT));
      ResultFormatFactory.getInstance(type, file).writeOut(results);
    }
  }
}
