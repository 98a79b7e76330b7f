package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When an alarm sounds, and what of it is still true when somebody asks. */
final class GaugeTest {
  private final Gauge gauge = new Gauge();
  private int alarms;

  @BeforeEach
  void listen() {
    gauge.onAlarm(() -> alarms++);
  }

  @Test
  void aMarkSoundsOnceUntilTheNumberHasFallenWellBelowIt() {
    final Gauge.Mark mark = gauge.mark(100, 90);
    gauge.show(99);
    assertThat(alarms).isZero();
    gauge.show(100);
    assertThat(alarms).isOne();
    gauge.show(95);
    gauge.show(120);
    gauge.show(90);
    gauge.show(120);
    assertThat(alarms).as("a storm of crossings").isOne();
    gauge.show(89);
    gauge.show(101);
    assertThat(alarms).isEqualTo(2);
    assertThat(gauge.shown()).isEqualTo(101);
    assertThat(gauge.takeReached(mark)).isTrue();
  }

  @Test
  void aMarkAtOrBelowTheNumberSoundsAtOnce() {
    gauge.show(50);
    gauge.mark(51, 40);
    assertThat(alarms).isZero();
    final Gauge.Mark mark = gauge.mark(50, 40);
    assertThat(alarms).isOne();
    assertThat(gauge.takeReached(mark)).isTrue();
  }

  @Test
  void eachMarkSoundsForItself() {
    final Gauge.Mark low = gauge.mark(10, 5);
    final Gauge.Mark high = gauge.mark(20, 15);
    gauge.show(10);
    assertThat(gauge.takeReached(low)).isTrue();
    assertThat(gauge.takeReached(high)).isFalse();
    gauge.remove(low);
    gauge.show(1);
    gauge.show(19);
    assertThat(alarms).as("the low one was taken away").isOne();
    gauge.show(20);
    assertThat(alarms).isEqualTo(2);
    assertThat(gauge.takeReached(high)).isTrue();
  }

  @Test
  void aMarkWasReachedIfTheNumberIsStillNearIt() {
    final Gauge.Mark mark = gauge.mark(100, 90);
    assertThat(gauge.takeReached(mark)).isFalse();
    gauge.show(100);
    gauge.show(90);
    assertThat(gauge.takeReached(mark)).isTrue();
    assertThat(gauge.takeReached(mark)).as("it is asked once").isFalse();
    gauge.show(10);
    gauge.show(100);
    gauge.show(89);
    assertThat(gauge.takeReached(mark)).as("it has passed").isFalse();
    gauge.show(90);
    assertThat(gauge.takeReached(mark)).isFalse();
  }

  @Test
  void aMarkThatWasReachedIsArmedAtAHigherNumber() {
    final Gauge.Mark mark = gauge.mark(100, 90);
    gauge.show(100);
    gauge.armAt(mark, 110);
    gauge.show(109);
    assertThat(alarms).isOne();
    gauge.show(110);
    assertThat(alarms).isEqualTo(2);
    gauge.armAt(mark, 105);
    assertThat(alarms).as("it is there already").isEqualTo(3);
    gauge.show(90);
    gauge.armAt(mark, 95);
    gauge.show(99);
    assertThat(alarms).as("never below its level").isEqualTo(3);
    gauge.show(100);
    assertThat(alarms).isEqualTo(4);
  }

  @Test
  void whatHasPassedIsNotArmedAnywhereElse() {
    final Gauge.Mark mark = gauge.mark(100, 90);
    gauge.show(100);
    gauge.show(89);
    gauge.armAt(mark, 200);
    gauge.show(100);
    assertThat(alarms).as("at its own level").isEqualTo(2);
  }

  @Test
  void aRefusalIsHeardOfOnceIfThereIsAMark() {
    gauge.refused();
    assertThat(alarms).isZero();
    assertThat(gauge.takeRefusal()).isFalse();
    gauge.mark(100, 90);
    gauge.refused();
    gauge.refused();
    assertThat(alarms).isOne();
    assertThat(gauge.takeRefusal()).isTrue();
    assertThat(gauge.takeRefusal()).isFalse();
    gauge.refused();
    assertThat(alarms).isEqualTo(2);
    assertThat(gauge.takeRefusal()).isTrue();
  }
}
