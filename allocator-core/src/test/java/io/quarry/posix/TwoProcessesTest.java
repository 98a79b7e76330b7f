package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.child.ChildJvm;
import io.quarry.child.ExchangeProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two JVMs, each started by itself, map one file and talk. */
@EnabledOnOs(OS.LINUX)
final class TwoProcessesTest {

  private static final int MESSAGES = 200_000;

  @RegisterExtension final NothingLeft left = new NothingLeft();

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void makeFile() {
    file = directory.resolve("rings");
    try (FileHandle handle = FileHandle.open(file, OpenFlag.RDWR, OpenFlag.CREAT)) {
      handle.resize(ExchangeProbe.FILE_BYTES);
    }
  }

  private List<ChildJvm.Result> exchange(List<String> beforeServer) {
    final CompletableFuture<ChildJvm.Result> server =
        CompletableFuture.supplyAsync(
            () -> ChildJvm.run(beforeServer, ExchangeProbe.arguments("server", file, MESSAGES)));
    final ChildJvm.Result client = ChildJvm.run(ExchangeProbe.arguments("client", file, MESSAGES));
    return List.of(client, server.join());
  }

  @Test
  void everyMessageArrivesInOrderAndIsAnswered() {
    final long sum = (long) MESSAGES * (MESSAGES + 1) / 2;

    final List<ChildJvm.Result> results = exchange(List.of());

    assertThat(results.get(0).lines())
        .containsExactly("client: " + MESSAGES + " replies, the last is " + sum);
    assertThat(results.get(1).lines())
        .containsExactly("server: " + MESSAGES + " requests, their sum is " + sum);
  }

  /** Counts every system call of the server, from the start of its JVM to its end. */
  @Test
  void aMessageNeedsNoSystemCall() throws IOException {
    final Path counts = directory.resolve("counts");
    final List<String> strace =
        new ArrayList<>(List.of("strace", "-f", "-qq", "-c", "-o", counts.toString()));
    final List<String> trial = new ArrayList<>(strace);
    trial.add("true");
    assumeTrue(ChildJvm.execute(trial).exitCode() == 0, "there is no strace, or it is forbidden");

    final List<ChildJvm.Result> results = exchange(strace);

    assertThat(results.get(1).exitCode()).as("%s", results.get(1).lines()).isZero();
    final long calls =
        Files.readAllLines(counts).stream()
            .filter(line -> line.endsWith(" total"))
            .mapToLong(line -> Long.parseLong(line.trim().split("\\s+")[3]))
            .findFirst()
            .orElseThrow();
    System.out.println("system calls of a JVM that received " + MESSAGES + " messages: " + calls);
    assertThat(calls).isPositive().isLessThan(MESSAGES / 10);
  }
}
