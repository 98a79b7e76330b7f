package io.quarry.posix;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Passes calls on to another {@link Posix}, but lets chosen ones fail without making them. Safe for
 * use by several threads.
 */
public final class FaultyPosix extends DelegatingPosix {

  /** Chooses the calls that fail. */
  @FunctionalInterface
  public interface Choice {
    /**
     * Whether a call fails.
     *
     * @param call its name, such as {@code "mmap"}
     * @param ordinal 1 for the first call of that name since the faults were armed, and so on
     */
    boolean fails(String call, long ordinal);
  }

  private final Map<String, Long> ordinals = new HashMap<>();
  private Choice choice = (call, ordinal) -> false;
  private Errno error = Errno.UNKNOWN;
  private long faults;

  /** Passes calls on to {@code delegate}; nothing fails until armed. */
  public FaultyPosix(Posix delegate) {
    super(delegate);
  }

  /** Lets the chosen calls fail from now on; what was armed before is forgotten. */
  public synchronized void arm(Errno error, Choice choice) {
    this.error = error;
    this.choice = choice;
    ordinals.clear();
  }

  /** Lets one call fail: the {@code ordinal}-th of that name from now on, counted from 1. */
  public void armOnce(Errno error, String call, long ordinal) {
    arm(error, (name, n) -> name.equals(call) && n == ordinal);
  }

  /** Lets every call succeed that the delegate lets succeed. */
  public synchronized void disarm() {
    arm(Errno.UNKNOWN, (call, ordinal) -> false);
  }

  /** How many calls were made to fail so far. */
  public synchronized long faults() {
    return faults;
  }

  @Override
  protected synchronized void before(String call, Supplier<String> arguments) {
    if (choice.fails(call, ordinals.merge(call, 1L, Long::sum))) {
      faults++;
      throw new PosixException(call, arguments.get(), error.number());
    }
  }
}
