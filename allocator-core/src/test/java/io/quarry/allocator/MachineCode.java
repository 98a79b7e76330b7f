package io.quarry.allocator;

import io.quarry.child.ChildJvm;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the compiler made of a method, from the listing that {@code -XX:CompileCommand=print} gives.
 * Without {@code hsdis}, which hardly anybody has installed, that is hexadecimal:
 *
 * <pre>
 *   [MachCode]
 *   [Verified Entry Point]
 *     # {method} {0x00007f5cb4400530} 'pair' '(Lio/quarry/allocator/SlabAllocator;)V' in 'io/..'
 *     0x00007f5cd50f36c0: 8984 2400 | c0fe ff55 | 4883 ec40 | 4889 3424
 *   ...
 *   [/MachCode]
 * </pre>
 *
 * The instructions in it are found by {@code objdump}.
 */
final class MachineCode {
  private static final Pattern METHOD =
      Pattern.compile(" +# \\{method\\} \\{\\w+\\} '(\\w+)' '\\S+' in '(\\S+)'");
  private static final Pattern BYTES = Pattern.compile(" +0x([0-9a-f]{16}): ([0-9a-f |]+)");

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private String method = "";
  private long base;
  private int entry;
  private NavigableMap<Integer, MachineInstruction> instructions;

  private MachineCode() {}

  /** The last compilations of the methods of a class, by their names. */
  static Map<String, MachineCode> of(final String className, final List<String> listing) {
    final Map<String, MachineCode> last = new LinkedHashMap<>();
    MachineCode code = null;
    for (final String line : listing) {
      if (line.equals("[MachCode]")) {
        code = new MachineCode();
      } else if (line.equals("[/MachCode]") && code != null) {
        last.put(code.method, code);
        code = null;
      } else if (code != null) {
        code.add(className.replace('.', '/'), line);
      }
    }
    return last;
  }

  private void add(final String className, final String line) {
    final Matcher header = METHOD.matcher(line);
    final Matcher chunk = BYTES.matcher(line);
    if (header.matches() && header.group(2).equals(className)) {
      method = header.group(1);
    } else if (line.equals("[Verified Entry Point]")) {
      entry = bytes.size();
    } else if (chunk.matches()) {
      final long address = Long.parseUnsignedLong(chunk.group(1), 16);
      if (bytes.size() == 0) {
        base = address;
      }
      if (address != base + bytes.size()) {
        throw new AssertionError("a gap before " + line);
      }
      bytes.writeBytes(HexFormat.of().parseHex(chunk.group(2).replaceAll("[ |]", "")));
    }
  }

  /** Where calls of the method begin. */
  int entry() {
    return entry;
  }

  /** All instructions, by where they are. */
  NavigableMap<Integer, MachineInstruction> instructions() {
    if (instructions == null) {
      instructions = disassembled();
    }
    return instructions;
  }

  /** Whether there is what it takes to find instructions. */
  static boolean canBeRead() {
    return ChildJvm.execute(List.of("objdump", "--version")).exitCode() == 0;
  }

  private NavigableMap<Integer, MachineInstruction> disassembled() {
    final ChildJvm.Result result;
    try {
      final Path file = Files.createTempFile("code", ".bin");
      try {
        Files.write(file, bytes.toByteArray());
        result =
            ChildJvm.execute(
                List.of(
                    "objdump",
                    "--disassemble-all",
                    "--target=binary",
                    "--architecture=i386:x86-64",
                    "--disassembler-options=intel",
                    "--no-show-raw-insn",
                    file.toString()));
      } finally {
        Files.delete(file);
      }
    } catch (final IOException e) {
      throw new UncheckedIOException(e);
    }
    if (result.exitCode() != 0) {
      throw new AssertionError(result.lines().toString());
    }
    final NavigableMap<Integer, MachineInstruction> found = new TreeMap<>();
    for (final String line : result.lines()) {
      final MachineInstruction instruction = MachineInstruction.parse(line);
      if (instruction != null) {
        found.put(instruction.at(), instruction);
      }
    }
    return found;
  }
}
