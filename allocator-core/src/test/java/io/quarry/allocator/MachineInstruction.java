package io.quarry.allocator;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An instruction of an x86-64 processor, in Intel's notation as {@code objdump} writes it.
 *
 * @param at where it is, in bytes from the beginning of the code
 * @param prefix such as {@code "lock"}; mostly empty
 * @param operation such as {@code "mov"}
 * @param operands such as {@code "r10d,DWORD PTR [rsi+0x24]"}; may be empty
 */
record MachineInstruction(int at, String prefix, String operation, String operands) {
  private static final Pattern LINE =
      Pattern.compile(
          " *([0-9a-f]+):\t((?:(?:lock|rep\\w*|data16|bnd|notrack|[c-gs]s|rex\\S*) +)*)"
              + "(\\S+) *([^#<]*?)\\s*(?:[#<].*)?");

  private static final Pattern READS_ONLY =
      Pattern.compile("cmp|test|bt|imul|mul|div|idiv|push|jmp|call");
  private static final Pattern WRITES_ONLY = Pattern.compile("v?mov.*|set.*|pop");
  private static final Pattern TOUCHES_NOTHING = Pattern.compile("lea|nop.*|prefetch.*");
  private static final Pattern FENCE = Pattern.compile("[lms]fence");
  private static final Pattern TARGET = Pattern.compile("0x([0-9a-f]+)");

  /** What a line of a disassembly says; null if it is no instruction. */
  static MachineInstruction parse(final String line) {
    final Matcher matcher = LINE.matcher(line);
    return matcher.matches()
        ? new MachineInstruction(
            Integer.parseInt(matcher.group(1), 16),
            matcher.group(2).strip(),
            matcher.group(3),
            matcher.group(4))
        : null;
  }

  /** Whether it reads memory that is not the stack. */
  boolean loads() {
    return touchesMemory() && !(isMemoryFirst() && WRITES_ONLY.matcher(operation).matches());
  }

  /** Whether it writes memory that is not the stack. What is not known to only read does. */
  boolean stores() {
    return touchesMemory() && isMemoryFirst() && !READS_ONLY.matcher(operation).matches();
  }

  /** Whether it reads or writes the stack. */
  boolean usesStack() {
    return operation.equals("push")
        || operation.equals("pop")
        || operands.contains("[rsp") && !TOUCHES_NOTHING.matcher(operation).matches();
  }

  /** Whether it is atomic or a fence, so that others have to wait for it. */
  boolean isLocked() {
    return prefix.contains("lock")
        || operation.equals("xchg") && operands.contains("[")
        || FENCE.matcher(operation).matches();
  }

  /** Whether it does nothing but take up room. */
  boolean isPadding() {
    return operation.startsWith("nop")
        || operation.equals("xchg") && (operands.equals("ax,ax") || operands.equals("eax,eax"));
  }

  boolean isReturn() {
    return operation.equals("ret");
  }

  boolean isJump() {
    return operation.equals("jmp");
  }

  /** Whether it is a jump that is or is not taken. */
  boolean isBranch() {
    return operation.startsWith("j") && !isJump();
  }

  /** Whether a way without calls ends here: in a call, or because nothing is to follow. */
  boolean endsWay() {
    return operation.equals("call")
        || operation.equals("hlt")
        || operation.equals("ud2")
        || operation.equals("int3");
  }

  /** Where a jump goes to; -1 if that is not in this code, or not known before. */
  int target() {
    final Matcher target = TARGET.matcher(operands);
    if (!target.matches()) {
      return -1;
    }
    final long address = Long.parseUnsignedLong(target.group(1), 16);
    return address >= 0 && address <= Integer.MAX_VALUE ? (int) address : -1;
  }

  private boolean touchesMemory() {
    return operands.contains("[") && !usesStack() && !TOUCHES_NOTHING.matcher(operation).matches();
  }

  private boolean isMemoryFirst() {
    return operands.split(",", 2)[0].contains("[");
  }

  @Override
  public String toString() {
    return String.format(
        "%5x  %s%-7s %s", at, prefix.isEmpty() ? "" : prefix + " ", operation, operands);
  }
}
