package io.quarry.allocator;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/** What the compiled methods of a class folder consist of, as {@code javap} shows it. */
final class Bytecode {
  private static final Pattern DESCRIPTOR = Pattern.compile("    descriptor: (\\S+)");
  private static final Pattern HEADER = Pattern.compile("  \\S.*?(\\w+)\\(.*;");
  private static final Pattern INSTRUCTION = Pattern.compile(" +(\\d+): (\\w+)(?: .*?)?");
  private static final Pattern MEMBER =
      Pattern.compile(".*// (?:Method|Field) (?:(\\S+)\\.)?(\\S+)");

  private final Path folder;
  private final Map<String, Map<String, List<String>>> classes = new HashMap<>();

  /** Those of the folder that a class was loaded from. */
  Bytecode(final Class<?> neighbour) {
    try {
      folder = Path.of(neighbour.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (final URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /**
   * What is executed by a method and by all that it calls, each instruction once.
   *
   * @param loads of fields, array elements and array lengths; constants do not count
   * @param stores to fields and array elements
   * @param branches conditional ones
   * @param largestBytes the length of the longest method
   * @param apart calls of methods of the own packages that were not to be followed
   * @param foreign calls into other packages, and static fields
   */
  record Count(
      int loads,
      int stores,
      int branches,
      int largestBytes,
      Set<String> apart,
      Set<String> foreign) {

    private Count plus(final Count other) {
      final Set<String> bothApart = new LinkedHashSet<>(apart);
      bothApart.addAll(other.apart);
      final Set<String> bothForeign = new LinkedHashSet<>(foreign);
      bothForeign.addAll(other.foreign);
      return new Count(
          loads + other.loads,
          stores + other.stores,
          branches + other.branches,
          Math.max(largestBytes, other.largestBytes),
          bothApart,
          bothForeign);
    }
  }

  /**
   * Counts.
   *
   * @param className with slashes
   * @param method its name and descriptor, such as {@code "free:(J)V"}
   * @param apart the end of the names of methods that are not followed
   */
  Count count(final String className, final String method, final String apart) {
    final List<String> lines = methodsOf(className).get(method);
    if (lines == null) {
      throw new AssertionError("no " + method + " in " + className);
    }
    Count sum = new Count(0, 0, 0, 0, Set.of(), Set.of());
    for (final String line : lines) {
      final Matcher instruction = INSTRUCTION.matcher(line);
      if (instruction.matches()) {
        final int at = Integer.parseInt(instruction.group(1));
        sum = sum.plus(countOne(className, instruction.group(2), at, line, apart));
      }
    }
    return sum;
  }

  private Count countOne(
      final String className,
      final String operation,
      final int at,
      final String line,
      final String apart) {
    if (operation.startsWith("if")) {
      return new Count(0, 0, 1, at, Set.of(), Set.of());
    }
    if (operation.equals("putfield") || operation.matches("[ailbcsfd]astore")) {
      return new Count(0, 1, 0, at, Set.of(), Set.of());
    }
    if (operation.matches("getfield|arraylength|[ailbcsfd]aload")) {
      return new Count(1, 0, 0, at, Set.of(), Set.of());
    }
    if (!operation.matches("invoke.*|getstatic|putstatic")) {
      return new Count(0, 0, 0, at, Set.of(), Set.of());
    }
    final Matcher member = MEMBER.matcher(line);
    if (!member.matches()) {
      throw new AssertionError("not understood: " + line);
    }
    final String owner = member.group(1) == null ? className : member.group(1);
    final String name = member.group(2);
    final String shortName = owner + "." + name.substring(0, name.indexOf(':'));
    if (operation.endsWith("static") && !operation.startsWith("invoke")
        || !owner.startsWith("io/quarry/")) {
      final boolean reads = shortName.startsWith("java/lang/invoke/VarHandle.get");
      final boolean writes = shortName.startsWith("java/lang/invoke/VarHandle.set");
      return new Count(reads ? 1 : 0, writes ? 1 : 0, 0, at, Set.of(), Set.of(shortName));
    }
    if (shortName.endsWith(apart)) {
      return new Count(0, 0, 0, at, Set.of(shortName), Set.of());
    }
    return count(owner, name, apart).plus(new Count(0, 0, 0, at, Set.of(), Set.of()));
  }

  private Map<String, List<String>> methodsOf(final String className) {
    return classes.computeIfAbsent(className, this::disassembled);
  }

  private Map<String, List<String>> disassembled(final String className) {
    final StringWriter output = new StringWriter();
    final PrintWriter writer = new PrintWriter(output);
    final int status =
        ToolProvider.findFirst("javap")
            .orElseThrow(() -> new AssertionError("this is no JDK: it has no javap"))
            .run(writer, writer, "-c", "-p", "-s", folder.resolve(className + ".class").toString());
    if (status != 0) {
      throw new AssertionError(output.toString());
    }
    final Map<String, List<String>> methods = new HashMap<>();
    String name = "";
    List<String> body = new ArrayList<>();
    for (final String line : output.toString().split("\\R")) {
      final Matcher header = HEADER.matcher(line);
      final Matcher descriptor = DESCRIPTOR.matcher(line);
      if (header.matches()) {
        name = header.group(1);
      } else if (descriptor.matches()) {
        body = new ArrayList<>();
        methods.put(name + ":" + descriptor.group(1), body);
      } else {
        body.add(line);
      }
    }
    return methods;
  }
}
