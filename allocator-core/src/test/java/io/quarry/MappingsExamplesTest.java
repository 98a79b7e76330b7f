package io.quarry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.child.ChildJvm;
import io.quarry.posix.Posix;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each example of {@code docs/mappings.md} compiles without a warning, runs in a JVM of its own,
 * prints what the page says, and leaves no file behind. The compiled examples stay under {@code
 * target/mappings}, with the arguments of {@code java} in a file, so that a reader can run them.
 */
@EnabledOnOs(OS.LINUX)
final class MappingsExamplesTest {

  private static final Path PAGE = Path.of("..", "docs", "mappings.md");
  private static final Path DIRECTORY = Path.of("target", "mappings").toAbsolutePath();
  private static final Path RUN = DIRECTORY.resolve("run");

  /** A program, and the next block of text, which is what it prints. */
  private static final Pattern EXAMPLE =
      Pattern.compile("```java\n(.*?)```\n+```text\n(.*?)```", Pattern.DOTALL);

  private static final Pattern CLASS = Pattern.compile("public class (\\w+)");

  /** Stands in the page for what differs from run to run. */
  private static final String ANYTHING = "...";

  /** The size of a page on the machine that the page of the documentation was written on. */
  private static final String DOCUMENTED_PAGE_BYTES = "4096";

  private static final Map<String, List<String>> OUTPUTS = new LinkedHashMap<>();

  @TempDir Path temporary;

  @BeforeAll
  static void compile() throws IOException {
    final List<String> sources = new ArrayList<>();
    final Matcher examples = EXAMPLE.matcher(Files.readString(PAGE));
    Files.createDirectories(DIRECTORY.resolve("src"));
    while (examples.find()) {
      final Matcher name = CLASS.matcher(examples.group(1));
      assertThat(name.find()).as("an example is a class: %s", examples.group(1)).isTrue();
      final Path source = DIRECTORY.resolve("src").resolve(name.group(1) + ".java");
      sources.add(Files.writeString(source, examples.group(1)).toString());
      OUTPUTS.put(name.group(1), examples.group(2).lines().toList());
    }
    compile(sources);
    writeArguments();
  }

  private static void compile(final List<String> sources) {
    final List<String> arguments =
        new ArrayList<>(List.of("-Xlint:all", "-Werror", "-proc:none", "--release", "17"));
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
    arguments.addAll(List.of("-d", DIRECTORY.toString()));
    arguments.addAll(sources);
    final StringWriter messages = new StringWriter();
    final PrintWriter out = new PrintWriter(messages, true);
    final int failed =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(out, out, arguments.toArray(String[]::new));
    assertThat(failed).as("%s", messages).isZero();
  }

  /** As {@code java @FILE} reads them. */
  private static void writeArguments() throws IOException {
    final List<String> lines = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    lines.add("-cp");
    final Stream<String> entries =
        Stream.concat(Stream.of(DIRECTORY.toString()), ChildJvm.classPath().stream());
    lines.add(entries.collect(Collectors.joining(":", "\"", "\"")));
    Files.write(RUN, lines);
  }

  static Stream<String> names() {
    return OUTPUTS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void itPrintsWhatThePageSays(final String name) throws IOException {
    assumeTrue(
        !name.equals("HugePages") || hasHugePages(), "this kernel has other huge pages than that");
    final String pageBytes = Integer.toString(Posix.host().pageSize());

    final ChildJvm.Result result =
        ChildJvm.run(List.of("-Djava.io.tmpdir=" + temporary, "@" + RUN, name));

    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    final List<String> expected = OUTPUTS.get(name);
    assertThat(result.lines()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      final String line = expected.get(i).replace(DOCUMENTED_PAGE_BYTES, pageBytes);
      assertThat(result.lines().get(i)).matches(pattern(line));
    }
    assertThat(temporary).as("what it made in the temporary directory").isEmptyDirectory();
  }

  private static Pattern pattern(final String line) {
    return Pattern.compile(
        Arrays.stream(line.split(Pattern.quote(ANYTHING), -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*")));
  }

  /** Transparent ones where they are asked for, gathering on demand, and a pool. */
  private static boolean hasHugePages() throws IOException {
    final String[] release = System.getProperty("os.version").split("\\D+");
    final int version = Integer.parseInt(release[0]) * 1_000 + Integer.parseInt(release[1]);
    final Path enabled = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    final Path pool = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB");
    return version >= 6_001
        && Files.isReadable(enabled)
        && !Files.readString(enabled).contains("[never]")
        && Files.isDirectory(pool);
  }

  /** A row without a program, or a program whose output is not told, would not be looked at. */
  @Test
  void everyProgramOfThePageIsAnExample() throws IOException {
    final String page = Files.readString(PAGE);
    final long programs = page.lines().filter(line -> line.equals("```java")).count();

    assertThat(OUTPUTS).hasSize((int) programs).hasSizeGreaterThanOrEqualTo(13);
  }
}
