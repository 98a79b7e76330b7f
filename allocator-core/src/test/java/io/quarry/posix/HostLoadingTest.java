package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.child.ChildJvm;
import io.quarry.child.HostProbe;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * How the native part is found, and what is said where it is not: each case in a JVM of its own.
 */
@EnabledOnOs(OS.LINUX)
final class HostLoadingTest {

  /** The module itself and what it requires; the rest of the class path is for tests. */
  private static final Predicate<String> OF_THE_MODULE =
      Pattern.compile("/target/classes$|/agrona-|/jnr-|/jffi-|/asm-").asPredicate();

  @TempDir Path directory;

  @Test
  void itRunsOnTheClassPathWithoutAWarning() {
    final ChildJvm.Result result = ChildJvm.run(onClassPath(ChildJvm.strict("ALL-UNNAMED")));

    assertThat(result.lines())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).startsWith("mapped in unnamed").endsWith("read 14"));
  }

  @Test
  void itRunsOnTheModulePathWithoutAWarning() {
    final List<String> modules = new ArrayList<>(ChildJvm.classPath());
    modules.removeIf(OF_THE_MODULE.negate());
    final List<String> others = new ArrayList<>(ChildJvm.classPath());
    others.removeAll(modules);
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("org.jnrproject.jffi"));
    arguments.addAll(List.of("-p", String.join(File.pathSeparator, modules)));
    arguments.addAll(List.of("--add-modules", "io.quarry.allocator"));
    arguments.addAll(List.of("-cp", String.join(File.pathSeparator, others)));
    arguments.add(HostProbe.class.getName());

    final ChildJvm.Result result = ChildJvm.run(arguments);

    assertThat(result.lines())
        .hasSize(2)
        .containsOnly("mapped in module io.quarry.allocator, read 14");
  }

  @Test
  void aMissingDirectoryIsNamed() {
    final Path missing = directory.resolve("missing");

    assertRefused(
        ChildJvm.run(onClassPath(List.of("-Djffi.extract.dir=" + missing))), missing.toString());
  }

  @Test
  void aNoexecDirectoryIsNamed() {
    // In a mount namespace of its own, which ends with the child and takes the mount along.
    final String script = "mount -t tmpfs -o noexec tmpfs \"$0\" && cd \"$0\" && exec \"$@\"";
    final List<String> prefix =
        List.of("unshare", "--mount", "sh", "-c", script, directory.toString());
    final List<String> trial = new ArrayList<>(prefix);
    trial.add("true");
    assumeTrue(ChildJvm.execute(trial).exitCode() == 0, "mounting is not permitted here");

    assertRefused(
        ChildJvm.run(prefix, onClassPath(List.of("-Djava.io.tmpdir=" + directory))),
        directory.toString());
  }

  @Test
  void aMissingJarIsNamed() {
    final List<String> without = new ArrayList<>(ChildJvm.classPath());
    without.removeIf(entry -> entry.contains("jnr-ffi"));

    final ChildJvm.Result result =
        ChildJvm.run(
            List.of("-cp", String.join(File.pathSeparator, without), HostProbe.class.getName()));

    assertThat(result.lines())
        .hasSize(2)
        .containsOnly(
            "refused: Quarry calls the operating system through jnr-ffi, of which the class"
                + " jnr/ffi/LibraryLoader is missing: put jnr-ffi and all that it depends on on the"
                + " class path or the module path.");
  }

  private static void assertRefused(ChildJvm.Result result, String directoryName) {
    assertThat(result.exitCode()).isZero();
    assertThat(result.lines().stream().filter(line -> line.startsWith("refused: ")))
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains("unpacked into " + directoryName + " first")
                    .endsWith("name another one with -Djffi.extract.dir=<directory>."));
  }

  private static List<String> onClassPath(List<String> options) {
    final List<String> arguments = new ArrayList<>(options);
    arguments.addAll(List.of("-cp", String.join(File.pathSeparator, ChildJvm.classPath())));
    arguments.add(HostProbe.class.getName());
    return arguments;
  }
}
