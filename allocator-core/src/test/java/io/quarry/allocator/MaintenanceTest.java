package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.child.ChildJvm;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The thread that all allocators share, in a JVM where no other test has allocators. */
@EnabledOnOs(OS.LINUX)
class MaintenanceTest {
  private static List<String> lines;

  @BeforeAll
  static void probe() {
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    arguments.addAll(
        List.of(
            "-cp",
            String.join(File.pathSeparator, ChildJvm.classPath()),
            "io.quarry.child.MaintenanceProbe"));
    final ChildJvm.Result result = ChildJvm.run(arguments);
    lines = result.lines();
    assertThat(result.exitCode()).as("%s", lines).isZero();
  }

  @Test
  void oneDaemonServesAllAllocators() {
    assertThat(lines).contains("threadsBefore=0", "threads=1", "daemon=1");
    assertThat(lines).filteredOn(line -> line.startsWith("mapped=")).hasSize(5);
    assertThat(lines).filteredOn("mapped=0"::equals).as("all were served").hasSize(5);
  }

  @Test
  void itUsesNextToNoTimeWhenThereIsNothingToDo() {
    // In a second and a half; looking after dead threads costs some microseconds a time.
    assertThat(valueOf("idleCpuMicros")).isBetween(0L, 30_000L);
  }

  @Test
  void itEndsAfterTheLastAllocatorIsClosedAndStartsAgain() {
    assertThat(lines).contains("threadsAfter=0", "mappedAgain=0", "threadsAgain=1");
  }

  @Test
  void anAllocatorThatWasForgottenIsLogged() {
    assertThat(lines)
        .filteredOn(line -> line.contains("unreachable and was not closed"))
        .hasSize(1)
        .allMatch(line -> line.contains("64.0 KiB"));
  }

  private static long valueOf(final String name) {
    final String prefix = name + "=";
    return lines.stream()
        .filter(line -> line.startsWith(prefix))
        .mapToLong(line -> Long.parseLong(line.substring(prefix.length())))
        .findFirst()
        .orElseThrow();
  }
}
