package io.quarry.allocator;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

/**
 * All ways from the entry of a method to its return on which nothing is called. Where the slow path
 * is a call, and what the compiler takes for impossible is one too (into the interpreter), that is
 * the fast path, wherever the compiler has put its pieces.
 */
final class WaysThrough {
  private final NavigableMap<Integer, MachineInstruction> code;

  /**
   * Whether there is a way from an instruction to the return; null while it is being looked for.
   */
  private final Map<Integer, Boolean> known = new HashMap<>();

  private final List<MachineInstruction> instructions;

  /**
   * Finds the ways.
   *
   * @throws AssertionError if there is none, or a loop
   */
  WaysThrough(final MachineCode machineCode) {
    code = machineCode.instructions();
    if (!leadsOut(machineCode.entry())) {
      throw new AssertionError("no way through without a call:\n" + text(code.values()));
    }
    instructions =
        code.values().stream().filter(each -> known.getOrDefault(each.at(), false)).toList();
  }

  /** What is on these ways, each instruction once, in the order of the code. */
  List<MachineInstruction> instructions() {
    return instructions;
  }

  private boolean leadsOut(final int at) {
    if (known.containsKey(at)) {
      final Boolean answer = known.get(at);
      if (answer == null) {
        throw new AssertionError(
            "a loop at " + Integer.toHexString(at) + ":\n" + text(code.values()));
      }
      return answer;
    }
    known.put(at, null);
    final boolean answer = code.containsKey(at) && leadsOut(code.get(at));
    known.put(at, answer);
    return answer;
  }

  private boolean leadsOut(final MachineInstruction instruction) {
    if (instruction.isReturn()) {
      return true;
    }
    if (instruction.endsWay()) {
      return false;
    }
    final boolean goesOn = !instruction.isJump() && leadsOut(after(instruction));
    final boolean jumps = instruction.isJump() || instruction.isBranch();
    // First the one and then the other: all ways are wanted.
    return jumps && leadsOut(instruction.target()) || goesOn;
  }

  private int after(final MachineInstruction instruction) {
    final Integer next = code.higherKey(instruction.at());
    return next == null ? -1 : next;
  }

  @Override
  public String toString() {
    return text(instructions);
  }

  private static String text(final Iterable<MachineInstruction> instructions) {
    final StringBuilder text = new StringBuilder();
    instructions.forEach(each -> text.append(each).append('\n'));
    return text.toString();
  }
}
