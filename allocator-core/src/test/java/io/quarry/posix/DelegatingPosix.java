package io.quarry.posix;

import java.util.BitSet;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Passes every call on to another {@link Posix}. What the doubles of the kernel share: each of them
 * overrides only the calls that it treats differently, or {@link #before} to hear of all of them.
 */
public class DelegatingPosix implements Posix {

  private final Posix delegate;

  /** Passes calls on to {@code delegate}. */
  protected DelegatingPosix(Posix delegate) {
    this.delegate = delegate;
  }

  /**
   * Hears of a call before it is made; an exception from here takes its place.
   *
   * @param call its name, such as {@code "mmap"}
   * @param arguments its arguments as text
   */
  protected void before(String call, Supplier<String> arguments) {}

  @Override
  public long mmap(
      long address,
      long length,
      Set<Protection> protection,
      Set<MapFlag> flags,
      int fileDescriptor,
      long offset) {
    before(
        "mmap", () -> Arguments.mmap(address, length, protection, flags, fileDescriptor, offset));
    return delegate.mmap(address, length, protection, flags, fileDescriptor, offset);
  }

  @Override
  public void munmap(long address, long length) {
    before("munmap", () -> Arguments.range(address, length));
    delegate.munmap(address, length);
  }

  @Override
  public void mprotect(long address, long length, Set<Protection> protection) {
    before("mprotect", () -> Arguments.mprotect(address, length, protection));
    delegate.mprotect(address, length, protection);
  }

  @Override
  public void madvise(long address, long length, Advice advice) {
    before("madvise", () -> Arguments.madvise(address, length, advice));
    delegate.madvise(address, length, advice);
  }

  @Override
  public long mremap(
      long oldAddress, long oldLength, long newLength, Set<RemapFlag> flags, long newAddress) {
    before("mremap", () -> Arguments.mremap(oldAddress, oldLength, newLength, flags, newAddress));
    return delegate.mremap(oldAddress, oldLength, newLength, flags, newAddress);
  }

  @Override
  public BitSet mincore(long address, long length) {
    before("mincore", () -> Arguments.range(address, length));
    return delegate.mincore(address, length);
  }

  @Override
  public int pageSize() {
    return delegate.pageSize();
  }
}
