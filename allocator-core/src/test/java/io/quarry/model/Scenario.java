package io.quarry.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A few threads, what each of them does, and what is to be so when all have ended. */
abstract class Scenario {
  private final String name;

  Scenario(final String name) {
    this.name = name;
  }

  final String name() {
    return name;
  }

  /** How much was explored. */
  record Explored(long states, long ends) {}

  /** Tries all orders, with a mistake or {@link Mutation#NONE}. */
  final Explored explore(final Mutation mutation) throws Explorer.Violation {
    final Program program = new Program();
    final List<Integer> entries = new ArrayList<>();
    write(program, mutation, entries);
    program.link();
    final Memory memory = new Memory(variables(), entries.size());
    final Cpu[] cpus = new Cpu[entries.size()];
    memory.state = new byte[memory.bytes() + cpus.length * Cpu.BYTES];
    for (int thread = 0; thread < cpus.length; thread++) {
      cpus[thread] = new Cpu(thread, memory);
      cpus[thread].pc(entries.get(thread));
    }
    begin(memory.state);
    final Explorer explorer = new Explorer(program, memory, cpus, atTheEnd());
    explorer.explore();
    return new Explored(explorer.states(), explorer.ends());
  }

  /** Writes routines, and for each thread where it begins. */
  abstract void write(Program program, Mutation mutation, List<Integer> entries);

  abstract int variables();

  /** Sets the variables that do not begin with 0. */
  abstract void begin(byte[] variables);

  /** Looks at a state in which all threads have ended. */
  abstract Consumer<Cpu> atTheEnd();
}
