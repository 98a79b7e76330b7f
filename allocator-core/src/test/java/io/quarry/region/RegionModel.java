package io.quarry.region;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** What a {@link Region} should say, worked out the slow way from one state a granule. */
final class RegionModel {

  /** What a granule is. */
  enum State {
    USED,
    IDLE,
    FRESH,
    HOLE,
    LOST,
    LEAVING
  }

  final State[] states;
  final long[] idleSince;
  private final int baseGranule;

  RegionModel(final int granules, final int baseGranule) {
    states = new State[granules];
    idleSince = new long[granules];
    this.baseGranule = baseGranule;
    Arrays.fill(states, State.FRESH);
  }

  void set(final int first, final int count, final State state) {
    Arrays.fill(states, first, first + count, state);
  }

  boolean isMapped(final int granule) {
    return states[granule] != State.HOLE && states[granule] != State.LOST;
  }

  boolean isBacked(final int granule) {
    return states[granule] == State.IDLE || states[granule] == State.FRESH;
  }

  boolean isVacant(final int granule) {
    return isBacked(granule) || states[granule] == State.HOLE;
  }

  /** How many neighbouring granules from here on are in the given state. */
  int lengthOf(final int first, final State state) {
    int end = first;
    while (end < states.length && states[end] == state) {
      end++;
    }
    return end - first;
  }

  int find(final IntPredicate wanted, final int count, final int alignment) {
    for (int first = 0; first + count <= states.length; first++) {
      if ((first + baseGranule) % alignment == 0 && all(wanted, first, count)) {
        return first;
      }
    }
    return -1;
  }

  boolean all(final IntPredicate wanted, final int first, final int count) {
    for (int granule = first; granule < first + count; granule++) {
      if (!wanted.test(granule)) {
        return false;
      }
    }
    return true;
  }

  int count(final State state, final int first, final int count) {
    int found = 0;
    for (int granule = first; granule < first + count; granule++) {
      found += states[granule] == state ? 1 : 0;
    }
    return found;
  }

  int count(final State state) {
    return count(state, 0, states.length);
  }

  /** The kernel's mappings, if neighbours are joined. */
  int mappings() {
    int stretches = 0;
    for (int granule = 0; granule < states.length; granule++) {
      stretches += isMapped(granule) && (granule == 0 || !isMapped(granule - 1)) ? 1 : 0;
    }
    return stretches;
  }

  int nextDue(final int from, final long deadline) {
    for (int granule = from; granule < states.length; granule++) {
      if (states[granule] == State.IDLE && idleSince[granule] <= deadline) {
        return granule;
      }
    }
    return -1;
  }

  int endOfDue(final int from, final long deadline, final int most) {
    int end = from;
    while (end < states.length
        && end - from < most
        && states[end] == State.IDLE
        && idleSince[end] <= deadline) {
      end++;
    }
    return end;
  }
}
