package io.quarry.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchScriptTest {

  private static final Path SCRIPT = Path.of("bench").toAbsolutePath();

  @TempDir private Path elsewhere;

  @Test
  void helpNeedsNeitherJavaNorMaven() throws Exception {
    final Output output = run("/nowhere", "--help");
    assertThat(output.exitValue).isZero();
    assertThat(output.text)
        .contains("bench compare")
        .contains("bench jmh")
        .contains("bench exchange")
        .contains("bench soak");
  }

  @Test
  void unknownCommandIsNamed() throws Exception {
    final Output output = run(null, "compete");
    assertThat(output.exitValue).isEqualTo(2);
    assertThat(output.text).contains("'compete'");
  }

  @Test
  void missingJavaIsNamed() throws Exception {
    final Output output = run("/nowhere", "compare");
    assertThat(output.exitValue).isEqualTo(1);
    assertThat(output.text).contains("JAVA_HOME is '/nowhere'");
  }

  @Test
  void oldJavaIsRefused() throws Exception {
    final Path java = Files.createDirectories(elsewhere.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\necho '    java.specification.version = 1.8' >&2\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    final Output output = run(elsewhere.resolve("jdk").toString(), "jmh");
    assertThat(output.exitValue).isEqualTo(1);
    assertThat(output.text).contains("too old").contains("17");
  }

  private Output run(String javaHome, String... arguments)
      throws IOException, InterruptedException {
    final List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
    command.addAll(List.of(arguments));
    final ProcessBuilder builder =
        new ProcessBuilder(command).directory(elsewhere.toFile()).redirectErrorStream(true);
    if (javaHome != null) {
      builder.environment().put("JAVA_HOME", javaHome);
    }
    final Process process = builder.start();
    process.getOutputStream().close();
    final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Output(process.waitFor(), text);
  }

  private record Output(int exitValue, String text) {}
}
