package io.quarry.bench.compare;

import io.quarry.bench.blocks.Peer;
import io.quarry.bench.cprogram.LoopCommand;
import io.quarry.bench.cprogram.NativeCommand;
import io.quarry.bench.exchange.ExchangeCommand;
import io.quarry.bench.soak.SoakCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** The program behind the script {@code bench}. */
@Command(
    name = "bench",
    description = "Compares Quarry with other ways to get memory outside the Java heap.",
    mixinStandardHelpOptions = true,
    version = "Quarry benchmarks",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      CompareCommand.class,
      WorkloadCommand.class,
      ExchangeCommand.class,
      NativeCommand.class,
      SoakCommand.class,
      RunCommand.class,
      PlayCommand.class,
      LoopCommand.class
    })
public final class BenchMain {

  private BenchMain() {}

  /** Runs the command line and ends the JVM: 0 for success, 1 for a failure, 2 for wrong usage. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    // What is printed contains a micro sign; the locale of a build machine is often plain ASCII.
    final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    return new CommandLine(new BenchMain())
        .setOut(out)
        .setParameterExceptionHandler(BenchMain::explain)
        .registerConverter(Peer.class, Choices::comparedPeer)
        .registerConverter(WorkloadKind.class, Choices::workload);
  }

  /** One line about what is wrong; all the options after it would only push it off the screen. */
  private static int explain(ParameterException e, String[] args) {
    final CommandLine command = e.getCommandLine();
    command.getErr().println(e.getMessage());
    command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }
}
