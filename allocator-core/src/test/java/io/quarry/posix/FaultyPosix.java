package io.quarry.posix;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
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

  /** Chooses the calls that fail, and how each of them does. */
  @FunctionalInterface
  public interface Fate {
    /**
     * The error that a call fails with; null if it does not fail.
     *
     * @param call its name, such as {@code "mmap"}
     */
    Errno of(String call);
  }

  private final Posix kernel;
  private Fate fate = call -> null;
  private long faults;
  private boolean clearsDestinations;

  /** Passes calls on to {@code delegate}; nothing fails until armed. */
  public FaultyPosix(Posix delegate) {
    super(delegate);
    kernel = delegate;
  }

  /**
   * From now on a failed mremap to a fixed address has unmapped what was there, as Linux does it
   * before it finds that it cannot move; but for errors that it finds before it touches anything.
   */
  public synchronized void clearDestinations() {
    clearsDestinations = true;
  }

  /** Lets calls fail as it is decided for each of them; what was armed before is forgotten. */
  public synchronized void arm(Fate decision) {
    fate = decision;
  }

  /** Lets the chosen calls fail from now on; what was armed before is forgotten. */
  public void arm(Errno error, Choice choice) {
    final Map<String, Long> ordinals = new HashMap<>();
    arm(call -> choice.fails(call, ordinals.merge(call, 1L, Long::sum)) ? error : null);
  }

  /** Lets one call fail: the {@code ordinal}-th of that name from now on, counted from 1. */
  public void armOnce(Errno error, String call, long ordinal) {
    arm(error, (name, n) -> name.equals(call) && n == ordinal);
  }

  /** Lets every call succeed that the delegate lets succeed. */
  public void disarm() {
    arm(call -> null);
  }

  /** How many calls were made to fail so far. */
  public synchronized long faults() {
    return faults;
  }

  @Override
  protected synchronized void before(String call, Supplier<String> arguments) {
    final Errno error = fate.of(call);
    if (error != null) {
      faults++;
      throw new PosixException(call, arguments.get(), error.number());
    }
  }

  /** A descriptor is gone also if the kernel reports an error. */
  @Override
  public synchronized void close(int fileDescriptor) {
    try {
      before("close", () -> Arguments.file(fileDescriptor));
    } finally {
      kernel.close(fileDescriptor);
    }
  }

  @Override
  public synchronized long mremap(
      long oldAddress, long oldLength, long newLength, Set<RemapFlag> flags, long newAddress) {
    final Errno error = fate.of("mremap");
    if (error == null) {
      return kernel.mremap(oldAddress, oldLength, newLength, flags, newAddress);
    }
    faults++;
    final boolean touchedNothing =
        error == Errno.EINVAL || error == Errno.EPERM || error == Errno.ENOSYS;
    if (clearsDestinations && flags.contains(RemapFlag.FIXED) && !touchedNothing) {
      kernel.munmap(newAddress, newLength);
    }
    throw new PosixException(
        "mremap",
        Arguments.mremap(oldAddress, oldLength, newLength, flags, newAddress),
        error.number());
  }
}
