package io.quarry;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.child.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The first example that a reader sees compiles and runs. */
@EnabledOnOs(OS.LINUX)
final class ReadmeExampleTest {

  private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS = Pattern.compile("class (\\w+)");

  @TempDir Path directory;

  @Test
  void itCompilesAndRuns() throws IOException {
    final Matcher example = EXAMPLE.matcher(Files.readString(Path.of("..", "README.md")));
    assertThat(example.find()).as("README.md has an example").isTrue();
    final String source = asProgram(example.group(1));
    final Matcher name = CLASS.matcher(source);
    assertThat(name.find()).isTrue();
    final Path file = directory.resolve(name.group(1) + ".java");
    Files.writeString(file, source);

    final List<String> arguments = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    arguments.add("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
    arguments.add(file.toString());
    final ChildJvm.Result result = ChildJvm.run(arguments);

    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    assertThat(result.lines()).isNotEmpty();
  }

  /** Statements alone are put into a program. */
  private static String asProgram(final String example) {
    if (CLASS.matcher(example).find()) {
      return example;
    }
    final StringBuilder imports = new StringBuilder();
    final StringBuilder statements = new StringBuilder();
    example
        .lines()
        .forEach(
            line -> (line.startsWith("import ") ? imports : statements).append(line).append('\n'));
    return imports
        + "public final class Example {\n  public static void main(String[] args) throws Exception {\n"
        + statements
        + "  }\n}\n";
  }
}
