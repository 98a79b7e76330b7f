package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.child.AllocatorProbe;
import io.quarry.child.ChildJvm;
import io.quarry.child.FullJavaHeap;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What a program sees that was started with other options, or within other limits. */
@EnabledOnOs(OS.LINUX)
final class ChildProgramsTest {

  private static final String OPENS = "--add-opens=java.base/jdk.internal.misc=";
  private static final String SENTENCE =
      "refused: Agrona's buffers need the JVM option"
          + " --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED;"
          + " byteBuffer(address, length) works without it";

  /** The module itself and what it requires; the rest of the class path is for tests. */
  private static final Predicate<String> OF_THE_MODULE =
      Pattern.compile("/target/classes$|/agrona-|/jnr-|/jffi-|/asm-").asPredicate();

  @Test
  void withoutTheOptionAllButAgronasBuffersWorks() {
    final ChildJvm.Result result = onClassPath(ChildJvm.strict("ALL-UNNAMED"), "views");

    assertThat(result.lines()).containsExactly("read 7", SENTENCE, SENTENCE, "live 0");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void withTheOptionNothingIsWarnedOf() {
    final List<String> options = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    options.add(OPENS + "ALL-UNNAMED");

    assertThat(onClassPath(options, "views").lines())
        .containsExactly("read 7", "buffer 9", "buffer 9", "live 0");
  }

  @Test
  void itWorksAsAModule() {
    assertThat(onModulePath(List.of()).lines())
        .hasSize(4)
        .startsWith("read 7")
        .contains("live 0")
        .element(1)
        .asString()
        .startsWith("refused: Agrona's buffers need the JVM option");
    assertThat(onModulePath(List.of(OPENS + "org.agrona")).lines())
        .containsExactly("read 7", "buffer 9", "buffer 9", "live 0");
  }

  @Test
  void whereAddressSpaceIsShortTheSystemsRefusalIsReported() {
    final List<String> limited = List.of("sh", "-c", "ulimit -v 3145728 && exec \"$0\" \"$@\"");
    final List<String> options = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    options.addAll(
        List.of("-Xmx64m", "-XX:ReservedCodeCacheSize=32m", "-XX:CompressedClassSpaceSize=32m"));
    options.addAll(List.of("-XX:+UseSerialGC"));
    final List<String> trial = new ArrayList<>(options);
    trial.add("-version");
    assumeTrue(ChildJvm.run(limited, trial).exitCode() == 0, "no JVM starts within that limit");

    final ChildJvm.Result result = run(limited, options, "limit");

    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    assertThat(result.lines().stream().filter(line -> line.startsWith("OS_REFUSED")))
        .hasSize(3)
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains("the operating system refused", "mmap(", "ENOMEM", "address space")
                    .endsWith("cause true"));
    assertThat(result.lines()).contains("tryMalloc 0", "mapped 0", "goes on");
    final long mostMib =
        result.lines().stream()
            .filter(line -> line.startsWith("most "))
            .mapToLong(line -> Long.parseLong(line.substring(5)))
            .sum();
    assertThat(mostMib).as("smaller regions fill what is left").isGreaterThan(512);
  }

  @Test
  void aFullJavaHeapLosesNothing() {
    final List<String> options = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    options.addAll(List.of("-Xmx16m", "-Xms16m", "-XX:+UseSerialGC", "-cp", classPath()));
    options.addAll(List.of(FullJavaHeap.class.getName(), "1"));

    final ChildJvm.Result result = ChildJvm.run(options);

    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    assertThat(result.lines()).contains("errors true", "idle 0", "consistent");
  }

  private static ChildJvm.Result onClassPath(final List<String> options, final String mode) {
    return run(List.of(), options, mode);
  }

  private static ChildJvm.Result run(
      final List<String> prefix, final List<String> options, final String mode) {
    final List<String> arguments = new ArrayList<>(options);
    arguments.addAll(List.of("-cp", classPath(), AllocatorProbe.class.getName(), mode));
    return ChildJvm.run(prefix, arguments);
  }

  private static String classPath() {
    return String.join(File.pathSeparator, ChildJvm.classPath());
  }

  private static ChildJvm.Result onModulePath(final List<String> options) {
    final List<String> modules = new ArrayList<>(ChildJvm.classPath());
    modules.removeIf(OF_THE_MODULE.negate());
    final List<String> others = new ArrayList<>(ChildJvm.classPath());
    others.removeAll(modules);
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("org.jnrproject.jffi"));
    arguments.addAll(options);
    arguments.addAll(List.of("-p", String.join(File.pathSeparator, modules)));
    arguments.addAll(List.of("--add-modules", "io.quarry.allocator"));
    arguments.addAll(List.of("-cp", String.join(File.pathSeparator, others)));
    arguments.addAll(List.of(AllocatorProbe.class.getName(), "views"));
    return ChildJvm.run(arguments);
  }
}
