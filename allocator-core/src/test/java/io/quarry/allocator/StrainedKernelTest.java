package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.child.AllocatorProbe;
import io.quarry.child.ChildJvm;
import io.quarry.child.StrainedProbe;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Programs on a real kernel that refuses: each in a JVM of its own. What takes minutes is tried
 * with {@code -Dquarry.test.slow=true}, what concerns the whole machine with {@code
 * -Dquarry.test.machine=true}.
 */
@EnabledOnOs(OS.LINUX)
final class StrainedKernelTest {
  private static final Path OVERCOMMIT = Path.of("/proc/sys/vm/overcommit_memory");
  private static final String STRICT = "2";
  private static final long SLOW_SECONDS = 900;

  /** The JVM itself needs memory or a mapping now and then, and ends where there is none. */
  private static final int ATTEMPTS = 3;

  private static final String JVM_ENDED =
      "# There is insufficient memory for the Java Runtime Environment to continue.";

  @Test
  void aProcessThatIsLockedIntoMemoryStillGivesBackWhatIsIdle() {
    final ChildJvm.Result result =
        ChildJvm.run(command(List.of("-Xmx32m"), StrainedProbe.class, "locked"));

    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    final String first = result.lines().get(0);
    assumeTrue(!first.startsWith("not permitted"), "mlockall is " + first);
    assertThat(result.lines()).containsExactly("some refused false", "mapped 0", "consistent");
  }

  @Test
  void whereWritableMemoryIsLimitedTheSystemsRefusalIsReported() {
    // Counts private writable mappings, touched or not: as strict as no overcommitment is.
    assertRefusalsAreReported(List.of("sh", "-c", "ulimit -d 1048576 && exec \"$0\" \"$@\""));
  }

  @Test
  @EnabledIfSystemProperty(named = "quarry.test.machine", matches = "true")
  void whereMemoryIsNotOvercommittedTheSystemsRefusalIsReported() throws IOException {
    assumeTrue(Files.isWritable(OVERCOMMIT), OVERCOMMIT + " cannot be written by this user");
    final String before = Files.readString(OVERCOMMIT);
    try {
      Files.writeString(OVERCOMMIT, STRICT);
      assertRefusalsAreReported(List.of());
    } finally {
      Files.writeString(OVERCOMMIT, before);
    }
  }

  private static void assertRefusalsAreReported(final List<String> prefix) {
    final List<String> options =
        List.of(
            "-Xint", // a compiler that finds no memory ends the JVM
            "-Xms64m",
            "-Xmx64m",
            "-XX:ReservedCodeCacheSize=32m",
            "-XX:+UseSerialGC",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null");
    final List<String> command = command(options, AllocatorProbe.class, "limit");
    ChildJvm.Result result = ChildJvm.run(prefix, command);
    for (int i = 1; i < ATTEMPTS && result.lines().toString().contains(JVM_ENDED); i++) {
      System.out.println("the JVM itself found no memory; once more");
      result = ChildJvm.run(prefix, command);
    }
    assumeTrue(!result.lines().toString().contains(JVM_ENDED), "the JVM itself does not last here");

    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    assertThat(result.lines().stream().filter(line -> line.startsWith("OS_REFUSED")))
        .hasSize(3)
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains("the operating system refused", "mmap(", "ENOMEM")
                    .endsWith("cause true"));
    assertThat(result.lines()).contains("tryMalloc 0", "mapped 0", "goes on");
  }

  @Test
  @EnabledIfSystemProperty(named = "quarry.test.slow", matches = "true")
  void aProcessThatMayMapNoMoreLosesNothing() {
    ChildJvm.Result result = nearTheMostMappings();
    for (int i = 1; i < ATTEMPTS && result.lines().contains(JVM_ENDED); i++) {
      System.out.println("the JVM itself found no room for one of its own mappings; once more");
      result = nearTheMostMappings();
    }
    assumeTrue(!result.lines().contains(JVM_ENDED), "the JVM itself does not last here");

    System.out.println("near vm.max_map_count: " + result.lines());
    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    assertThat(result.lines()).endsWith("consistent").doesNotContain("again, some refused true");
    assertThat(result.lines().stream().filter(line -> line.startsWith("ENOMEM"))).hasSize(2);
    assertThat(result.lines()).contains("ENOMEM, some refused true");
  }

  private static ChildJvm.Result nearTheMostMappings() {
    final List<String> options =
        List.of("-Xint", "-Xmx64m", "-Xms64m", "-XX:+UseSerialGC", "-XX:-CreateCoredumpOnCrash");
    final List<String> command = new ArrayList<>();
    command.addAll(List.of("env", "MALLOC_ARENA_MAX=1"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:ErrorFile=/dev/null");
    command.addAll(command(options, StrainedProbe.class, "maps"));
    return ChildJvm.execute(command, SLOW_SECONDS);
  }

  private static List<String> command(
      final List<String> options, final Class<?> program, final String mode) {
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    arguments.addAll(options);
    arguments.addAll(List.of("-cp", String.join(File.pathSeparator, ChildJvm.classPath())));
    arguments.addAll(List.of(program.getName(), mode));
    return arguments;
  }
}
