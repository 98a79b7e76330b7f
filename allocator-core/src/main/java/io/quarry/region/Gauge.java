package io.quarry.region;

import java.util.ArrayList;
import java.util.List;

/**
 * Shows a number of granules that rises and falls, and sounds an alarm when it reaches a mark.
 *
 * <p>A mark that was reached is <em>disarmed</em>: a storm of crossings sounds one alarm. It is
 * armed again when the number has fallen well below it, or, by whoever heard the alarm, at a higher
 * number: if it goes on rising, that should be known as well.
 *
 * <p>Guarded by the lock of the {@link Regions}, but for {@link #onAlarm}.
 */
public final class Gauge {

  /** A mark on a gauge. */
  public static final class Mark {
    private final long level;
    private final long rearmBelow;

    /** The number at which the next alarm sounds; {@code Long.MAX_VALUE} while disarmed. */
    private long next;

    private boolean reached;

    Mark(final long level, final long rearmBelow) {
      this.level = level;
      this.rearmBelow = rearmBelow;
      this.next = level;
    }
  }

  private static final Runnable NOBODY = () -> {};

  private final List<Mark> marks = new ArrayList<>();
  private volatile Runnable alarm = NOBODY;
  private long shown;
  private boolean refusalSeen;

  Gauge() {}

  /**
   * Who is told, under the lock, that a mark was reached or a request refused. To be quick, and to
   * take no lock under which that of the regions is taken.
   */
  public void onAlarm(final Runnable heard) {
    alarm = heard;
  }

  /**
   * Makes a mark. If the number is there already, the alarm sounds at once.
   *
   * @param rearmBelow at most {@code level}; below it the mark is armed again
   */
  public Mark mark(final long level, final long rearmBelow) {
    final Mark mark = new Mark(level, rearmBelow);
    marks.add(mark);
    show(shown);
    return mark;
  }

  /** Takes a mark away. */
  public void remove(final Mark mark) {
    marks.remove(mark);
  }

  /** The number has changed. */
  void show(final long granules) {
    shown = granules;
    for (int i = 0; i < marks.size(); i++) {
      final Mark mark = marks.get(i);
      if (granules >= mark.next) {
        mark.next = Long.MAX_VALUE;
        mark.reached = true;
        alarm.run();
      } else if (granules < mark.rearmBelow) {
        mark.next = mark.level;
      }
    }
  }

  /** A request was refused because the number may not rise any more. */
  void refused() {
    if (!refusalSeen && !marks.isEmpty()) {
      refusalSeen = true;
      alarm.run();
    }
  }

  /** The number. */
  public long shown() {
    return shown;
  }

  /** Whether a request was refused since this was asked last. */
  public boolean takeRefusal() {
    final boolean seen = refusalSeen;
    refusalSeen = false;
    return seen;
  }

  /**
   * Whether a mark was reached since this was asked last, and the number is not far below it by
   * now.
   */
  public boolean takeReached(final Mark mark) {
    final boolean reached = mark.reached;
    mark.reached = false;
    return reached && shown >= mark.rearmBelow;
  }

  /** Arms a mark that was reached for the case that the number rises to another one. */
  public void armAt(final Mark mark, final long number) {
    if (shown >= mark.rearmBelow) {
      mark.next = Math.max(mark.level, number);
      show(shown);
    }
  }
}
