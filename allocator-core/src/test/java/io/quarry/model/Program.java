package io.quarry.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What threads do, as a list of steps with jumps between them. Between two steps any other thread
 * may go on; a step reads or writes one shared variable. Decisions are made on registers, which
 * nobody else sees, and so take no step.
 */
final class Program {

  private enum Kind {
    STEP,
    UNLESS,
    JUMP,
    CALL,
    RETURN,
    END
  }

  private static final class Instruction {
    final Kind kind;
    final String name;
    final Consumer<Cpu> action;
    final Predicate<Cpu> condition;
    int target = -1;

    Instruction(
        final Kind kind,
        final String name,
        final Consumer<Cpu> action,
        final Predicate<Cpu> condition) {
      this.kind = kind;
      this.name = name;
      this.action = action;
      this.condition = condition;
    }
  }

  private final List<Instruction> code = new ArrayList<>();
  private final Map<String, Integer> routines = new HashMap<>();
  private final Map<Instruction, String> calls = new HashMap<>();
  private final List<Instruction> leaving = new ArrayList<>();
  private String routine;

  // --- writing it --------------------------------------------------------------------------------

  /** Begins a routine, which ends where the next one begins. */
  Program routine(final String name) {
    endRoutine();
    routine = name;
    routines.put(name, code.size());
    return this;
  }

  /** Begins what a thread does; it ends where the next routine begins, and with it the thread. */
  int thread(final String name) {
    routine(name);
    return code.size();
  }

  private void endRoutine() {
    if (routine != null) {
      code.add(
          new Instruction(
              routine.startsWith("thread") ? Kind.END : Kind.RETURN, routine, null, null));
    }
  }

  /** One step. */
  Program step(final String name, final Consumer<Cpu> action) {
    return step(name, cpu -> true, action);
  }

  /** One step, for which the thread has to wait until something is so. */
  Program step(final String name, final Predicate<Cpu> when, final Consumer<Cpu> action) {
    code.add(new Instruction(Kind.STEP, routine + ": " + name, action, when));
    return this;
  }

  Program when(final Predicate<Cpu> condition, final Runnable then) {
    final Instruction unless = new Instruction(Kind.UNLESS, null, null, condition);
    code.add(unless);
    then.run();
    unless.target = code.size();
    return this;
  }

  Program when(final Predicate<Cpu> condition, final Runnable then, final Runnable otherwise) {
    final Instruction unless = new Instruction(Kind.UNLESS, null, null, condition);
    code.add(unless);
    then.run();
    final Instruction over = new Instruction(Kind.JUMP, null, null, null);
    code.add(over);
    unless.target = code.size();
    otherwise.run();
    over.target = code.size();
    return this;
  }

  /** Repeats the body until it leaves the routine or {@link #leave}s. */
  Program loop(final Runnable body) {
    final int from = code.size();
    final int outer = leaving.size();
    body.run();
    final Instruction again = new Instruction(Kind.JUMP, null, null, null);
    again.target = from;
    code.add(again);
    while (leaving.size() > outer) {
      leaving.remove(leaving.size() - 1).target = code.size();
    }
    return this;
  }

  /** Ends the innermost loop. */
  Program leave() {
    final Instruction jump = new Instruction(Kind.JUMP, null, null, null);
    code.add(jump);
    leaving.add(jump);
    return this;
  }

  Program done() {
    code.add(new Instruction(Kind.RETURN, routine, null, null));
    return this;
  }

  Program call(final String name) {
    final Instruction call = new Instruction(Kind.CALL, name, null, null);
    code.add(call);
    calls.put(call, name);
    return this;
  }

  /** To be called when all is written. */
  void link() {
    endRoutine();
    routine = null;
    calls.forEach((call, name) -> call.target = routines.get(name));
  }

  // --- running it --------------------------------------------------------------------------------

  /** Whether the thread has come to its end. */
  boolean hasEnded(final Cpu cpu) {
    return code.get(cpu.pc()).kind == Kind.END;
  }

  /** Whether the thread can make its next step. */
  boolean isReady(final Cpu cpu) {
    final Instruction next = code.get(cpu.pc());
    return next.kind == Kind.STEP && next.condition.test(cpu);
  }

  String nameOfNext(final Cpu cpu) {
    return code.get(cpu.pc()).name;
  }

  /** Makes one step, and all decisions up to the next. */
  void step(final Cpu cpu) {
    code.get(cpu.pc()).action.accept(cpu);
    cpu.pc(cpu.pc() + 1);
    proceed(cpu);
  }

  /** Makes the decisions that come before the next step. */
  void proceed(final Cpu cpu) {
    while (true) {
      final Instruction next = code.get(cpu.pc());
      switch (next.kind) {
        case STEP, END -> {
          return;
        }
        case UNLESS -> cpu.pc(next.condition.test(cpu) ? cpu.pc() + 1 : next.target);
        case JUMP -> cpu.pc(next.target);
        case CALL -> {
          cpu.push(cpu.pc() + 1);
          cpu.pc(next.target);
        }
        case RETURN -> cpu.pc(cpu.pop());
      }
    }
  }
}
