package io.quarry.checks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Where a thread was when it allocated a block, or freed it. A throwable only because the JVM takes
 * down the stack of one in a microsecond or two, and leaves the names for later; it is never
 * thrown, but attached to what is.
 */
public final class Trace extends Throwable {
  private static final long serialVersionUID = 1L;

  private static final String CHECKS = Trace.class.getPackageName() + ".";

  /** By name: that layer is not known here. Their frames say nothing about who called. */
  private static final Set<String> FACE =
      Set.of(
          "io.quarry.allocator.SlabAllocator",
          "io.quarry.allocator.Block",
          "io.quarry.allocator.SharedBlock");

  private final String what;
  private final String threadName;
  private final long threadId;

  /** Begins at the caller of the allocator once it was asked for. */
  private boolean trimmed;

  private Trace(final String what) {
    super(null, null, false, true);
    this.what = what;
    final Thread thread = Thread.currentThread();
    threadName = thread.getName();
    threadId = thread.getId();
  }

  static Trace ofAllocation() {
    return new Trace("allocated");
  }

  static Trace ofFree() {
    return new Trace("freed");
  }

  static Trace ofResize() {
    return new Trace("resized");
  }

  /** The frames, the caller of the allocator first. */
  public List<StackTraceElement> frames() {
    return Arrays.asList(trimmed().getStackTrace());
  }

  /** This, without the frames of the allocator itself. */
  public synchronized Trace trimmed() {
    if (!trimmed) {
      final StackTraceElement[] all = getStackTrace();
      int first = 0;
      while (first < all.length && isOurs(all[first].getClassName())) {
        first++;
      }
      setStackTrace(Arrays.copyOfRange(all, first, all.length));
      trimmed = true;
    }
    return this;
  }

  private static boolean isOurs(final String className) {
    return className.startsWith(CHECKS) || FACE.contains(className);
  }

  @Override
  public String getMessage() {
    return what
        + " by thread "
        + threadId
        + (threadName.isEmpty() ? "" : " \"" + threadName + "\"");
  }

  @Override
  public String toString() {
    return getMessage();
  }

  /** Who and where, in one line. */
  public String inShort() {
    final List<StackTraceElement> frames = frames();
    return frames.isEmpty() ? getMessage() : getMessage() + " at " + frames.get(0);
  }

  /** Who and where, one line for each frame. */
  String inFull() {
    final List<String> lines = new ArrayList<>();
    lines.add(getMessage());
    frames().forEach(frame -> lines.add("\tat " + frame));
    return String.join("\n", lines);
  }
}
