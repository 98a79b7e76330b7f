package io.quarry.bench.exchange;

import io.quarry.bench.measure.Latencies;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code bench exchange}: two JVMs, one that asks and one that answers, for each medium in turn.
 */
@Command(
    name = "exchange",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Exchanges messages between two JVMs: through a file that both map, and through pipes.",
      "Prints the time of a round trip, and how many messages a second go one way; every message"
          + " is checked."
    })
public final class ExchangeCommand implements Callable<Integer> {

  private static final int NATIVE_ACCESS_SINCE = 22;
  private static final int SMALLEST_MESSAGE = 2 * Long.BYTES;
  private static final int LARGEST_MESSAGE = 1 << 16;

  @Spec private CommandSpec spec;

  @Option(
      names = "--message-bytes",
      paramLabel = "N",
      defaultValue = "64",
      description = "Size of a message, 16 to 65536 (default: ${DEFAULT-VALUE}).")
  private int messageBytes;

  @Option(
      names = "--round-trips",
      paramLabel = "N",
      defaultValue = "200000",
      description = "Messages that are answered one by one (default: ${DEFAULT-VALUE}).")
  private int roundTrips;

  @Option(
      names = "--messages",
      paramLabel = "N",
      defaultValue = "5000000",
      description = "Messages that go one way (default: ${DEFAULT-VALUE}).")
  private int messages;

  /** For the command line. */
  public ExchangeCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (messageBytes < SMALLEST_MESSAGE || messageBytes > LARGEST_MESSAGE) {
      throw new ParameterException(
          spec.commandLine(), "--message-bytes must be 16 to 65536, but is " + messageBytes);
    }
    if (roundTrips < 1 || messages < 1) {
      throw new ParameterException(
          spec.commandLine(), "--round-trips and --messages must be 1 or more");
    }
    final PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "messages of %d bytes between two JVMs, Java %s, %d processors%n",
        messageBytes,
        Runtime.version(),
        Runtime.getRuntime().availableProcessors());
    out.printf(
        Locale.ROOT,
        "%-14s %13s %13s %13s %13s %14s%n",
        "",
        "trip p50 ns",
        "trip p99 ns",
        "trip p99.9 ns",
        "trip max ns",
        "messages/s");
    for (Medium medium : Medium.values()) {
      run(medium, out);
    }
    return 0;
  }

  private void run(Medium medium, PrintWriter out) throws IOException, InterruptedException {
    final Path directory = Files.createTempDirectory("quarry-exchange");
    final Path file = directory.resolve("rings");
    MappedLink.create(file);
    final Process other = start(medium, file);
    final Thread reaper = new Thread(other::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(reaper);
    try (Link link = open(medium, file, other)) {
      trips(link, new Latencies(), roundTrips / 2); // Both ends are compiled afterwards.
      final Latencies latencies = new Latencies();
      trips(link, latencies, roundTrips);
      final double perSecond = oneWay(link);
      final Map<String, Double> trip = new HashMap<>();
      latencies.putInto(trip, "trip");
      out.printf(
          Locale.ROOT,
          "%-14s %13.0f %13.0f %13.0f %13.0f %14.0f%n",
          medium,
          trip.get("tripP50Nanos"),
          trip.get("tripP99Nanos"),
          trip.get("tripP999Nanos"),
          trip.get("tripMaxNanos"),
          perSecond);
      out.flush();
    } finally {
      if (!other.waitFor(1, TimeUnit.SECONDS)) {
        other.destroyForcibly().waitFor();
      }
      Runtime.getRuntime().removeShutdownHook(reaper);
      Files.delete(file);
      Files.delete(directory);
    }
  }

  private static void trips(Link link, Latencies latencies, int count) throws IOException {
    for (long number = 1; number <= count; number++) {
      final long start = System.nanoTime();
      link.send(number);
      link.flush();
      final long answer = link.receive();
      latencies.record(System.nanoTime() - start);
      if (answer != number) {
        throw new IOException("request " + number + " was answered with " + answer);
      }
    }
  }

  /** Until the other end has counted all of them. */
  private double oneWay(Link link) throws IOException {
    final long start = System.nanoTime();
    for (long number = 1; number <= messages; number++) {
      link.send(-number);
    }
    link.send(OtherEnd.END);
    link.flush();
    final long counted = link.receive();
    final long nanos = System.nanoTime() - start;
    if (counted != messages) {
      throw new IOException(counted + " of " + messages + " messages arrived");
    }
    return messages * 1e9 / nanos;
  }

  private Link open(Medium medium, Path file, Process other) {
    return medium == Medium.MAPPING
        ? new MappedLink(file, messageBytes, true)
        : new PipeLink(
            other.getInputStream(),
            other.getOutputStream(),
            messageBytes,
            medium == Medium.BUFFERED_PIPE);
  }

  private Process start(Medium medium, Path file) throws IOException {
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
    if (Runtime.version().feature() >= NATIVE_ACCESS_SINCE) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(OtherEnd.class.getName(), medium.toString(), file.toString()));
    command.add(Integer.toString(messageBytes));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }
}
