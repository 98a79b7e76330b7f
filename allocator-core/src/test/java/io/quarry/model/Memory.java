package io.quarry.model;

/**
 * Shared variables, and for each thread the stores that no other thread sees yet. A thread sees its
 * own at once. They become visible in any order, but for two rules: those to one variable in
 * theirs, and one with release not before all that the thread stored earlier. So a load may
 * overtake a store, as on every processor, and a plain store another, as compilers do it. Loads
 * happen in the order of the program: to read with acquire or less makes no difference here.
 *
 * <p>All is held in an array of bytes, so that two states can be compared.
 */
final class Memory {
  /** So many stores of a thread may be on their way. */
  static final int DEPTH = 3;

  private static final int ENTRY_BYTES = 3;
  private static final int BUFFER_BYTES = 1 + DEPTH * ENTRY_BYTES;
  private static final byte PLAIN = 0;
  private static final byte RELEASE = 1;

  private final int variables;
  private final int threads;

  /** The state that is looked at. */
  byte[] state;

  Memory(final int variables, final int threads) {
    this.variables = variables;
    this.threads = threads;
  }

  /** The bytes at the beginning of a state that belong to this. */
  int bytes() {
    return variables + threads * BUFFER_BYTES;
  }

  private int buffer(final int thread) {
    return variables + thread * BUFFER_BYTES;
  }

  int pending(final int thread) {
    return state[buffer(thread)];
  }

  private int entry(final int thread, final int index) {
    return buffer(thread) + 1 + index * ENTRY_BYTES;
  }

  // --- what a thread does ------------------------------------------------------------------------

  int load(final int thread, final int variable) {
    for (int i = pending(thread) - 1; i >= 0; i--) {
      if (state[entry(thread, i)] == variable) {
        return state[entry(thread, i) + 1];
      }
    }
    return state[variable];
  }

  void store(final int thread, final int variable, final int value) {
    append(thread, variable, value, PLAIN);
  }

  void storeRelease(final int thread, final int variable, final int value) {
    append(thread, variable, value, RELEASE);
  }

  private void append(final int thread, final int variable, final int value, final byte kind) {
    if (pending(thread) == DEPTH) {
      fence(thread); // fewer states; those in which it has become visible earlier exist anyway
    }
    final int at = entry(thread, pending(thread));
    state[at] = (byte) variable;
    state[at + 1] = (byte) value;
    state[at + 2] = kind;
    state[buffer(thread)]++;
  }

  void storeVolatile(final int thread, final int variable, final int value) {
    fence(thread);
    state[variable] = (byte) value;
  }

  /** All that the thread stored becomes visible. */
  void fence(final int thread) {
    for (int i = 0; i < pending(thread); i++) {
      state[state[entry(thread, i)]] = state[entry(thread, i) + 1];
    }
    clearFrom(thread, 0);
  }

  boolean compareAndSet(final int thread, final int variable, final int expected, final int value) {
    fence(thread);
    if (state[variable] != expected) {
      return false;
    }
    state[variable] = (byte) value;
    return true;
  }

  int getAndOr(final int thread, final int variable, final int bits) {
    fence(thread);
    final int before = state[variable];
    state[variable] |= (byte) bits;
    return before;
  }

  void and(final int thread, final int variable, final int bits) {
    fence(thread);
    state[variable] &= (byte) bits;
  }

  // --- what happens by itself --------------------------------------------------------------------

  /** Whether the n-th store on its way may become visible next. */
  boolean mayCommit(final int thread, final int index) {
    final int at = entry(thread, index);
    if (index > 0 && state[at + 2] == RELEASE) {
      return false;
    }
    for (int i = 0; i < index; i++) {
      if (state[entry(thread, i)] == state[at]) {
        return false;
      }
    }
    return true;
  }

  void commit(final int thread, final int index) {
    final int at = entry(thread, index);
    state[state[at]] = state[at + 1];
    final int end = entry(thread, pending(thread));
    System.arraycopy(state, at + ENTRY_BYTES, state, at, end - at - ENTRY_BYTES);
    clearFrom(thread, pending(thread) - 1);
  }

  private void clearFrom(final int thread, final int count) {
    for (int at = entry(thread, count); at < entry(thread, DEPTH); at++) {
      state[at] = 0;
    }
    state[buffer(thread)] = (byte) count;
  }
}
