package io.quarry.heap;

import java.util.Locale;

/**
 * Whether a thread is outside of this allocator's code, found by a look at its stack. {@link
 * IdleThreads} says what follows from it and why.
 *
 * <p>"Outside" is said only if there is no doubt: of a thread that overrides {@code getStackTrace},
 * of one without frames, of one so deep that its trace may have been cut off, and on a JVM about
 * which nothing is known, it is not.
 */
final class Absence {
  /**
   * A trace of so many frames may have been cut off, and goes for unclear. What runs on top of this
   * allocator's methods is the JDK's locks, class loading and system calls, some dozens of frames.
   */
  private static final int MOST_FRAMES = 300;

  /** The layers whose frames may hold a heap or a slab: this one, the one below, the one above. */
  private static final String[] OURS = ours();

  /** Decided when it is first asked, by a thread that has stack to spare. */
  private static final boolean POSSIBLE = isHotSpot() && tracesAreDeep(MOST_FRAMES);

  private Absence() {}

  /** Whether this JVM can be asked at all. */
  static boolean isPossible() {
    return POSSIBLE;
  }

  private static String[] ours() {
    final String here = Absence.class.getPackageName();
    final String root = here.substring(0, here.lastIndexOf('.') + 1);
    return new String[] {here + ".", root + "slab.", root + "allocator."};
  }

  /** The JVM whose handshakes and compilers are known; with its own compilers, not with Graal. */
  private static boolean isHotSpot() {
    final String name = System.getProperty("java.vm.name", "");
    final String version =
        (System.getProperty("java.vm.version", "") + System.getProperty("java.vendor.version", ""))
            .toLowerCase(Locale.ROOT);
    return (name.contains("HotSpot") || name.startsWith("OpenJDK"))
        && !version.contains("jvmci")
        && !version.contains("graal");
  }

  /** {@code -XX:MaxJavaStackTraceDepth} may be anything. */
  private static boolean tracesAreDeep(final int frames) {
    return frames == 0
        ? new Throwable().getStackTrace().length >= MOST_FRAMES
        : tracesAreDeep(frames - 1);
  }

  /**
   * Whether a thread, which must be another one, was outside of this allocator's code at a moment
   * during this call at which it was stopped.
   */
  static boolean isOutside(final Thread thread) {
    final StackTraceElement[] trace;
    try {
      if (thread.getClass().getMethod("getStackTrace").getDeclaringClass() != Thread.class) {
        return false;
      }
      trace = thread.getStackTrace();
    } catch (final NoSuchMethodException | SecurityException unclear) {
      return false;
    }
    if (trace.length == 0 || trace.length >= MOST_FRAMES) {
      return false;
    }
    for (final StackTraceElement frame : trace) {
      for (final String ours : OURS) {
        if (frame.getClassName().startsWith(ours)) {
          return false;
        }
      }
    }
    return true;
  }
}
