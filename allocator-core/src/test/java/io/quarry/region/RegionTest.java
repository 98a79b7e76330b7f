package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.region.RegionModel.State;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The states of granules and the searches among them, against a model that has an array. */
final class RegionTest {

  private static final int STEPS = 3_000;

  private Region region;
  private RegionModel model;
  private Random random;

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0",
    "2, 7, 0",
    "3, 32, 0",
    "4, 63, 1",
    "5, 64, 0",
    "6, 65, 5",
    "7, 129, 3",
    "8, 256, 32"
  })
  void itSaysWhatTheModelSays(final long seed, final int granules, final int baseGranule) {
    random = new Random(seed);
    region = new Region(granules);
    region.base(Geometry.bytesOf(0x7_0000_0000L + baseGranule));
    model = new RegionModel(granules, baseGranule);
    compare();
    for (int step = 0; step < STEPS; step++) {
      change(step);
      compare();
    }
  }

  private void change(final int now) {
    final int first = random.nextInt(model.states.length);
    switch (model.states[first]) {
      case FRESH, IDLE -> useOrLeave(first);
      case USED -> {
        final int count = some(first, State.USED);
        final long since = now - random.nextInt(20);
        region.becomeIdle(first, count, since);
        model.set(first, count, State.IDLE);
        Arrays.fill(model.idleSince, first, first + count, since);
      }
      case LEAVING -> {
        final int count = some(first, State.LEAVING);
        if (random.nextBoolean()) {
          region.becomeFresh(first, count);
          model.set(first, count, State.FRESH);
        } else {
          final int mappings = model.mappings();
          final int added = region.mappingsAddedByUnmapping(first, count);
          region.becomeHole(first, count);
          model.set(first, count, State.HOLE);
          assertThat(mappings + added).isEqualTo(model.mappings());
        }
      }
      case HOLE -> {
        final int count = some(first, State.HOLE);
        if (random.nextInt(20) == 0) {
          region.lose(first, count);
          model.set(first, count, State.LOST);
        } else {
          final int mappings = model.mappings();
          region.mapAgain(first, count);
          model.set(first, count, State.FRESH);
          final int added = region.mappingsAddedByUnmapping(first, count);
          assertThat(mappings - added).isEqualTo(model.mappings());
        }
      }
      case LOST -> {
        /* for ever */
      }
    }
  }

  private void useOrLeave(final int first) {
    if (model.states[first] == State.IDLE && random.nextBoolean()) {
      final int count = some(first, State.IDLE);
      region.leave(first, count);
      model.set(first, count, State.LEAVING);
      return;
    }
    int count = 1 + random.nextInt(5);
    while (first + count > model.states.length || !region.isBacked(first, count)) {
      count--;
    }
    region.use(first, count);
    model.set(first, count, State.USED);
  }

  private int some(final int first, final State state) {
    return 1 + random.nextInt(model.lengthOf(first, state));
  }

  private void compare() {
    final int granules = model.states.length;
    final int count = 1 + random.nextInt(random.nextBoolean() ? 4 : granules);
    final int alignment = 1 << random.nextInt(6);
    assertThat(region.findIdle(count, alignment))
        .isEqualTo(model.find(i -> model.states[i] == State.IDLE, count, alignment));
    assertThat(region.findBacked(count, alignment))
        .isEqualTo(model.find(model::isBacked, count, alignment));
    assertThat(region.findVacant(count, alignment))
        .isEqualTo(model.find(model::isVacant, count, alignment));

    final int first = random.nextInt(granules);
    final int length = random.nextInt(granules - first + 1);
    assertThat(region.countIdle(first, length)).isEqualTo(model.count(State.IDLE, first, length));
    assertThat(region.idleCount()).isEqualTo(model.count(State.IDLE));
    assertThat(region.deserted())
        .isEqualTo(
            model.count(State.IDLE) + model.count(State.USED) + model.count(State.LEAVING) == 0);
    assertThat(region.isBacked(first, length)).isEqualTo(model.all(model::isBacked, first, length));
    compareStretches(first, first + length);
    compareDue(first);
  }

  private void compareStretches(final int first, final int end) {
    int hole = first;
    while (hole < end && model.isMapped(hole)) {
      hole++;
    }
    assertThat(region.nextHole(first, end)).isEqualTo(hole == end ? -1 : hole);
    if (hole < end) {
      int holeEnd = hole;
      while (holeEnd < end && !model.isMapped(holeEnd)) {
        holeEnd++;
      }
      assertThat(region.endOfHole(hole, end)).isEqualTo(holeEnd);
    }
    int mapped = first;
    while (mapped < model.states.length && !model.isMapped(mapped)) {
      mapped++;
    }
    assertThat(region.nextMapped(first)).isEqualTo(mapped);
    if (mapped < model.states.length) {
      int mappedEnd = mapped;
      while (mappedEnd < model.states.length && model.isMapped(mappedEnd)) {
        mappedEnd++;
      }
      assertThat(region.endOfMapped(mapped)).isEqualTo(mappedEnd);
    }
  }

  private void compareDue(final int first) {
    final long deadline = random.nextInt(STEPS);
    final int due = model.nextDue(first, deadline);
    assertThat(region.nextDue(first, deadline)).isEqualTo(due);
    if (due >= 0) {
      final int most = 1 + random.nextInt(8);
      assertThat(region.endOfDue(due, deadline, most))
          .isEqualTo(model.endOfDue(due, deadline, most));
    }
    if (region.idleCount() > 0) {
      long oldest = Long.MAX_VALUE;
      for (int granule = 0; granule < model.states.length; granule++) {
        if (model.states[granule] == State.IDLE) {
          oldest = Math.min(oldest, model.idleSince[granule]);
        }
      }
      assertThat(region.oldestIdleNanos()).isEqualTo(oldest);
    }
  }

  @Test
  void timeMayPassTheEndOfItsRange() {
    region = new Region(4);
    region.use(0, 4);
    region.becomeIdle(0, 2, Long.MAX_VALUE - 10);
    region.becomeIdle(2, 2, Long.MIN_VALUE + 10);

    assertThat(region.nextDue(0, Long.MAX_VALUE - 5)).isZero();
    assertThat(region.endOfDue(0, Long.MAX_VALUE - 5, 4)).isEqualTo(2);
    assertThat(region.nextDue(2, Long.MAX_VALUE - 5)).isEqualTo(-1);
    assertThat(region.endOfDue(0, Long.MIN_VALUE + 10, 4)).isEqualTo(4);
    assertThat(region.oldestIdleNanos()).isEqualTo(Long.MAX_VALUE - 10);
  }

  @Test
  void aRunThatCannotBeThereIsNotBacked() {
    region = new Region(4);

    assertThat(region.isBacked(0, 4)).isTrue();
    assertThat(region.isBacked(1, 4)).isFalse();
    assertThat(region.isBacked(1, Integer.MAX_VALUE)).isFalse();
  }
}
