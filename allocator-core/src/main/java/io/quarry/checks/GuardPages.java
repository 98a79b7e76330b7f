package io.quarry.checks;

import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import java.util.EnumSet;
import java.util.Set;

/**
 * A page behind a block that may neither be read nor written: to touch it ends the JVM with a
 * SIGSEGV at the very instruction, whose stack is in the JVM's error file. For tests.
 */
final class GuardPages {
  private static final Set<Protection> NONE = EnumSet.noneOf(Protection.class);
  private static final Set<Protection> READ_WRITE = EnumSet.of(Protection.READ, Protection.WRITE);

  private final Posix posix;
  private final long pageBytes;

  GuardPages(final Posix posix) {
    this.posix = posix;
    pageBytes = posix.pageSize();
  }

  /** The bytes that a block and its guard page take. */
  long bytesWithGuard(final long size) {
    return roundedUp(size) + pageBytes;
  }

  /** How far behind the start of a block its guard page is. */
  long offsetOfGuard(final long size) {
    return roundedUp(size);
  }

  private long roundedUp(final long size) {
    return size + pageBytes - 1 & -pageBytes;
  }

  /** Lays one; false if the kernel refuses, as it does when there are too many mappings. */
  boolean protect(final long address, final long size) {
    return set(address + offsetOfGuard(size), NONE);
  }

  /** Takes one away; false if the kernel refuses, for now. */
  boolean unprotect(final long address, final long size) {
    return set(address + offsetOfGuard(size), READ_WRITE);
  }

  private boolean set(final long page, final Set<Protection> protection) {
    try {
      posix.mprotect(page, pageBytes, protection);
      return true;
    } catch (final PosixException refused) {
      return false;
    }
  }
}
