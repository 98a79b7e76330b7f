package io.quarry.model;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Explores all scenarios, then lets each mistake be made and sees that it is caught. Prints what
 * was explored; ends with a status other than 0 if anything is not as it should be.
 */
public final class ModelMain {

  private ModelMain() {}

  /** Takes {@code --quick} to leave out the scenarios that take minutes. */
  public static void main(final String[] args) {
    final boolean quick = List.of(args).contains("--quick");
    final List<Scenario> scenarios = new ArrayList<>(Scenarios.small());
    if (!quick) {
      scenarios.addAll(Scenarios.large());
    }
    if (!explore(scenarios) | !catchAll()) {
      System.exit(1);
    }
  }

  /** Returns whether all is well in every state. */
  static boolean explore(final List<Scenario> scenarios) {
    long states = 0;
    boolean right = true;
    for (final Scenario scenario : scenarios) {
      final long start = System.nanoTime();
      try {
        final Scenario.Explored explored = scenario.explore(Mutation.NONE);
        states += explored.states();
        System.out.printf(
            "%,12d states, %,8d ends, %6.1f s  %s%n",
            explored.states(), explored.ends(), (System.nanoTime() - start) / 1e9, scenario.name());
      } catch (final Explorer.Violation violation) {
        right = false;
        System.out.printf("%s: %s%n", scenario.name(), violation.getMessage());
      }
    }
    System.out.printf("%,12d states in %d scenarios%n", states, scenarios.size());
    return right;
  }

  /** Returns whether every mistake is caught. */
  static boolean catchAll() {
    final Set<Mutation> missed = EnumSet.complementOf(EnumSet.of(Mutation.NONE));
    for (final Mutation mutation : EnumSet.copyOf(missed)) {
      for (final Scenario scenario : Scenarios.small()) {
        try {
          scenario.explore(mutation);
        } catch (final Explorer.Violation violation) {
          missed.remove(mutation);
          System.out.printf(
              "%-28s caught: %s (%s)%n",
              mutation, violation.getMessage().lines().findFirst().orElse(""), scenario.name());
          break;
        }
      }
    }
    if (!missed.isEmpty()) {
      System.out.println("not caught: " + missed);
    }
    return missed.isEmpty();
  }
}
