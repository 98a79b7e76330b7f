package io.quarry.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.collections.LongHashSet;

/**
 * Goes through every state that threads can get to, in whatever order they make their steps and
 * their stores become visible. Depth first, each state once.
 *
 * <p>Of the states that were seen a hash of 64 bits is kept, not the state: among ten million
 * states the odds that any two share one, and that one of them is passed over for it, are 1 to
 * 300,000.
 */
final class Explorer {

  /** What is wrong in a state, with the way that led there. */
  static final class Violation extends Exception {
    private static final long serialVersionUID = 1;

    Violation(final String what, final List<String> way) {
      super(what + System.lineSeparator() + String.join(System.lineSeparator(), way));
    }
  }

  private static final int MOST_MOVES = 64;

  private final Program program;
  private final Memory memory;
  private final Cpu[] cpus;
  private final Consumer<Cpu> atTheEnd;
  private final LongHashSet seen = new LongHashSet(1 << 16, 0.55f, false);
  private long ends;

  /**
   * @param atTheEnd looks at a state in which all threads have ended; throws an {@link
   *     IllegalStateException} if it is not as it should be, as every step may
   */
  Explorer(
      final Program program, final Memory memory, final Cpu[] cpus, final Consumer<Cpu> atTheEnd) {
    this.program = program;
    this.memory = memory;
    this.cpus = cpus;
    this.atTheEnd = atTheEnd;
  }

  /** How many different states there are. */
  long states() {
    return seen.size();
  }

  /** In how many of them all threads have ended. */
  long ends() {
    return ends;
  }

  private record Visit(byte[] state, int[] moves, int[] next) {}

  /** Explores all that can follow from the memory's present state. */
  void explore() throws Violation {
    for (final Cpu cpu : cpus) {
      program.proceed(cpu);
    }
    final ArrayList<Visit> way = new ArrayList<>();
    try {
      arrive(way, memory.state);
    } catch (final IllegalStateException wrong) {
      throw new Violation(wrong.getMessage(), List.of());
    }
    while (!way.isEmpty()) {
      final Visit visit = way.get(way.size() - 1);
      final int index = visit.next[0]++;
      if (index == visit.moves.length) {
        way.remove(way.size() - 1);
        continue;
      }
      final byte[] after = visit.state.clone();
      memory.state = after;
      try {
        move(visit.moves[index]);
        arrive(way, after);
      } catch (final IllegalStateException wrong) {
        throw new Violation(wrong.getMessage(), describe(way));
      }
    }
  }

  private void arrive(final ArrayList<Visit> way, final byte[] state) {
    if (seen.add(hash(state))) {
      memory.state = state;
      way.add(new Visit(state, moves(), new int[1]));
    }
  }

  /** The steps that can come next: a thread's own, or one of its stores becoming visible. */
  private int[] moves() {
    final int[] moves = new int[MOST_MOVES];
    int count = 0;
    boolean allEnded = true;
    for (final Cpu cpu : cpus) {
      for (int i = 0; i < memory.pending(cpu.thread); i++) {
        if (memory.mayCommit(cpu.thread, i)) {
          moves[count++] = cpu.thread * (Memory.DEPTH + 1) + 1 + i;
        }
      }
      if (program.isReady(cpu)) {
        moves[count++] = cpu.thread * (Memory.DEPTH + 1);
      }
      allEnded &= program.hasEnded(cpu);
    }
    if (count == 0) {
      if (!allEnded) {
        throw new IllegalStateException("nobody can go on");
      }
      ends++;
      atTheEnd.accept(cpus[0]);
    }
    return Arrays.copyOf(moves, count);
  }

  private void move(final int move) {
    final Cpu cpu = cpus[move / (Memory.DEPTH + 1)];
    final int store = move % (Memory.DEPTH + 1);
    if (store == 0) {
      program.step(cpu);
    } else {
      memory.commit(cpu.thread, store - 1);
    }
  }

  private List<String> describe(final List<Visit> way) {
    final List<String> lines = new ArrayList<>();
    for (final Visit visit : way) {
      if (visit.next[0] > 0) {
        memory.state = visit.state;
        final int move = visit.moves[visit.next[0] - 1];
        final Cpu cpu = cpus[move / (Memory.DEPTH + 1)];
        lines.add(
            "  thread "
                + (char) ('A' + cpu.thread)
                + "  "
                + (move % (Memory.DEPTH + 1) == 0
                    ? program.nameOfNext(cpu)
                    : "a store becomes visible"));
      }
    }
    return lines;
  }

  private static long hash(final byte[] state) {
    long hash = 0x9E3779B97F4A7C15L;
    for (final byte b : state) {
      hash = (hash ^ b) * 0xD6E8FEB86659FD93L;
      hash ^= hash >>> 32;
    }
    return hash;
  }
}
