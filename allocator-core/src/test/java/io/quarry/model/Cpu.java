package io.quarry.model;

/** One thread in one state: where it is in its program, its registers, and its way to memory. */
final class Cpu {
  private static final int STACK = 8;
  private static final int REGISTERS = 6;
  private static final int PC = 0;
  private static final int DEPTH = 2;
  private static final int RETURNS = 3;
  private static final int FIRST_REGISTER = RETURNS + 2 * STACK;

  /** Bytes of a state that belong to a thread. */
  static final int BYTES = FIRST_REGISTER + REGISTERS;

  // Registers. A routine takes BLOCK and gives RESULT; the others are for whoever needs them.
  static final int BLOCK = 0;
  static final int RESULT = 1;
  static final int SEEN = 2;
  static final int FREE = 3;
  static final int I = 4;
  static final int MINE = 5;

  final int thread;
  private final Memory memory;
  private final int base;

  Cpu(final int thread, final Memory memory) {
    this.thread = thread;
    this.memory = memory;
    base = memory.bytes() + thread * BYTES;
  }

  int get(final int register) {
    return memory.state[base + FIRST_REGISTER + register];
  }

  void set(final int register, final int value) {
    memory.state[base + FIRST_REGISTER + register] = (byte) value;
  }

  void set(final int register, final boolean value) {
    set(register, value ? 1 : 0);
  }

  int pc() {
    return at(PC);
  }

  void pc(final int value) {
    at(PC, value);
  }

  void push(final int value) {
    final int depth = memory.state[base + DEPTH]++;
    at(RETURNS + 2 * depth, value);
  }

  int pop() {
    final int depth = --memory.state[base + DEPTH];
    final int value = at(RETURNS + 2 * depth);
    at(RETURNS + 2 * depth, 0);
    return value;
  }

  private int at(final int offset) {
    return memory.state[base + offset] & 0xff | (memory.state[base + offset + 1] & 0xff) << 8;
  }

  private void at(final int offset, final int value) {
    memory.state[base + offset] = (byte) value;
    memory.state[base + offset + 1] = (byte) (value >>> 8);
  }

  // --- memory ------------------------------------------------------------------------------------

  int load(final int variable) {
    return memory.load(thread, variable);
  }

  void store(final int variable, final int value) {
    memory.store(thread, variable, value);
  }

  void storeRelease(final int variable, final int value) {
    memory.storeRelease(thread, variable, value);
  }

  void storeVolatile(final int variable, final int value) {
    memory.storeVolatile(thread, variable, value);
  }

  boolean compareAndSet(final int variable, final int expected, final int value) {
    return memory.compareAndSet(thread, variable, expected, value);
  }

  int getAndOr(final int variable, final int bits) {
    return memory.getAndOr(thread, variable, bits);
  }

  void and(final int variable, final int bits) {
    memory.and(thread, variable, bits);
  }

  void fence() {
    memory.fence(thread);
  }

  /**
   * What only one thread uses at a time, and is handed on under a lock only; or what the model
   * itself remembers.
   */
  int own(final int variable) {
    return memory.state[variable];
  }

  void own(final int variable, final int value) {
    memory.state[variable] = (byte) value;
  }
}
