package io.quarry.allocator;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.child.ChildJvm;
import io.quarry.child.MachineCodeProbe;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What C2 makes of {@code malloc(64)} and {@code free}, counted. Longer than the table says it must
 * not become, nor wait for other processors, nor call anything; {@link FastPathTest} is about the
 * source. If it became shorter, the table is to be renewed, which {@code -Dquarry.test.print=true}
 * prints, with the code.
 *
 * <p>It takes {@code objdump}, which is in the package binutils, to read the code.
 */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
@EnabledIfSystemProperty(named = "java.vm.name", matches = "(OpenJDK|Java HotSpot).*")
final class FastPathMachineCodeTest {

  /**
   * Entry and return included, and each instruction once.
   *
   * @param jdk as C2 differs from one to the next
   * @param loads not from the stack
   * @param stores not to the stack
   * @param stack instructions that use the stack: the frame, and what finds no register
   * @param branches conditional ones
   */
  private record Golden(
      int jdk, String method, int instructions, int loads, int stores, int stack, int branches) {

    /** As a row of a table in a page. */
    private String row() {
      final Object[] cells = {jdk, method, instructions, loads, stores, stack, branches};
      return "| " + Stream.of(cells).map(String::valueOf).collect(joining(" | ")) + " |";
    }
  }

  private static final List<String> METHODS = List.of("malloc", "free", "pair");

  private static final List<Golden> TABLE =
      List.of(
          new Golden(17, "malloc", 46, 19, 2, 3, 6),
          new Golden(17, "free", 63, 16, 1, 3, 11),
          new Golden(17, "pair", 99, 32, 3, 8, 15),
          new Golden(25, "malloc", 49, 20, 2, 3, 7),
          new Golden(25, "free", 64, 17, 1, 3, 12),
          new Golden(25, "pair", 102, 33, 3, 8, 16));

  /** An update of a JDK may allot registers in another way. */
  private static final double SLACK = 0.08;

  private static final int STACK_SLACK = 3;

  private static final int JDK = Runtime.version().feature();

  private static Map<String, MachineCode> compiled;

  @BeforeAll
  static void compile() {
    assumeTrue(MachineCode.canBeRead(), "there is no objdump");
    final ChildJvm.Result result = runProbe();
    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    assumeTrue(
        result.lines().stream().noneMatch(line -> line.contains("Loaded disassembler from")),
        "hsdis is installed, so there is no hexadecimal listing");
    assumeTrue(
        result.lines().stream().noneMatch(line -> line.contains("not available on this CPU")),
        "the table is for processors with the bit instructions of 2013");
    compiled = MachineCode.of(MachineCodeProbe.class.getName(), result.lines());
    if (Boolean.getBoolean("quarry.test.print")) {
      print();
    }
  }

  @Test
  void mallocStaysAsShortAsItIs() {
    checkAgainstTable("malloc");
  }

  @Test
  void freeStaysAsShortAsItIs() {
    checkAgainstTable("free");
  }

  @Test
  void bothTogetherStayAsShortAsTheyAre() {
    checkAgainstTable("pair");
  }

  @Test
  void nothingIsAtomicOrAFence() {
    for (final String method : METHODS) {
      assertThat(ways(method).instructions())
          .as("fast path of %s", method)
          .noneMatch(MachineInstruction::isLocked);
    }
  }

  private static void checkAgainstTable(final String method) {
    final WaysThrough ways = ways(method); // which there have to be with any JDK
    final Golden golden =
        TABLE.stream()
            .filter(row -> row.jdk == JDK && row.method.equals(method))
            .findAny()
            .orElse(null);
    assumeTrue(golden != null, "the table is for other versions of Java");
    final Golden seen = count(method, ways);
    final String what = seen + ", where the table has " + golden + ":\n" + ways;
    final int slack = (int) (golden.instructions * SLACK);
    assertThat(seen.instructions)
        .as("instructions: %s", what)
        .isBetween(golden.instructions - slack, golden.instructions + slack);
    assertThat(seen.loads).as("loads: %s", what).isLessThanOrEqualTo(golden.loads + 1);
    assertThat(seen.stores).as("stores: %s", what).isLessThanOrEqualTo(golden.stores);
    assertThat(seen.stack).as("stack: %s", what).isLessThanOrEqualTo(golden.stack + STACK_SLACK);
    assertThat(seen.branches).as("branches: %s", what).isLessThanOrEqualTo(golden.branches + 1);
  }

  private static WaysThrough ways(final String method) {
    assertThat(compiled).as("what C2 has compiled").containsKey(method);
    return new WaysThrough(compiled.get(method));
  }

  private static Golden count(final String method, final WaysThrough ways) {
    return new Golden(
        JDK,
        method,
        count(ways, each -> !each.isPadding()),
        count(ways, MachineInstruction::loads),
        count(ways, MachineInstruction::stores),
        count(ways, MachineInstruction::usesStack),
        count(ways, MachineInstruction::isBranch));
  }

  private static int count(final WaysThrough ways, final Predicate<MachineInstruction> which) {
    return (int) ways.instructions().stream().filter(which).count();
  }

  private static void print() {
    System.out.println("| JDK | | instructions | loads | stores | stack | branches |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
    METHODS.forEach(method -> System.out.println(count(method, ways(method)).row()));
    METHODS.forEach(method -> System.out.printf("%n%s%n%s", method, ways(method)));
  }

  private static ChildJvm.Result runProbe() {
    final String probe = MachineCodeProbe.class.getName();
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    arguments.addAll(
        List.of(
            // What the machine would otherwise decide: how references are compressed, barriers,
            // the instructions at hand.
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:+UseBMI1Instructions",
            "-XX:+UseBMI2Instructions",
            // The compiler sees the same profile each time, however busy the machine is.
            "-XX:-TieredCompilation",
            "-XX:-BackgroundCompilation",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=dontinline," + probe + "::*",
            "-XX:CompileCommand=print," + probe + "::*",
            "-cp",
            String.join(File.pathSeparator, ChildJvm.classPath()),
            probe));
    return ChildJvm.run(arguments);
  }
}
