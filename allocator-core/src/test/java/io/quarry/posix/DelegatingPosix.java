package io.quarry.posix;

import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
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
  public void msync(long address, long length, Set<SyncFlag> flags) {
    before("msync", () -> Arguments.msync(address, length, flags));
    delegate.msync(address, length, flags);
  }

  @Override
  public void mlock(long address, long length) {
    before("mlock", () -> Arguments.range(address, length));
    delegate.mlock(address, length);
  }

  @Override
  public void mlock2(long address, long length, Set<LockFlag> flags) {
    before("mlock2", () -> Arguments.mlock2(address, length, flags));
    delegate.mlock2(address, length, flags);
  }

  @Override
  public void munlock(long address, long length) {
    before("munlock", () -> Arguments.range(address, length));
    delegate.munlock(address, length);
  }

  @Override
  public void mlockall(Set<LockAllFlag> flags) {
    before("mlockall", () -> Arguments.mlockall(flags));
    delegate.mlockall(flags);
  }

  @Override
  public void munlockall() {
    before("munlockall", () -> "");
    delegate.munlockall();
  }

  @Override
  public int open(Path path, Set<OpenFlag> flags, Set<PosixFilePermission> permissions) {
    before("open", () -> Arguments.open(path, flags, permissions));
    return delegate.open(path, flags, permissions);
  }

  @Override
  public void close(int fileDescriptor) {
    before("close", () -> Arguments.file(fileDescriptor));
    delegate.close(fileDescriptor);
  }

  @Override
  public long lseek(int fileDescriptor, long offset, Whence whence) {
    before("lseek", () -> Arguments.lseek(fileDescriptor, offset, whence));
    return delegate.lseek(fileDescriptor, offset, whence);
  }

  @Override
  public void ftruncate(int fileDescriptor, long length) {
    before("ftruncate", () -> Arguments.ftruncate(fileDescriptor, length));
    delegate.ftruncate(fileDescriptor, length);
  }

  @Override
  public void fallocate(int fileDescriptor, Set<FallocateFlag> flags, long offset, long length) {
    before("fallocate", () -> Arguments.fallocate(fileDescriptor, flags, offset, length));
    delegate.fallocate(fileDescriptor, flags, offset, length);
  }

  @Override
  public int memfdCreate(String name, Set<MemfdFlag> flags) {
    before("memfd_create", () -> Arguments.memfdCreate(name, flags));
    return delegate.memfdCreate(name, flags);
  }

  @Override
  public void fcntlAddSeals(int fileDescriptor, Set<Seal> seals) {
    before("fcntl", () -> Arguments.seals(fileDescriptor, seals));
    delegate.fcntlAddSeals(fileDescriptor, seals);
  }

  @Override
  public Set<Seal> fcntlGetSeals(int fileDescriptor) {
    before("fcntl", () -> Arguments.seals(fileDescriptor));
    return delegate.fcntlGetSeals(fileDescriptor);
  }

  @Override
  public void prctlSetVmaAnonName(long address, long length, String name) {
    before("prctl", () -> Arguments.vmaName(address, length, name));
    delegate.prctlSetVmaAnonName(address, length, name);
  }

  @Override
  public ResourceUsage getrusage(UsageScope scope) {
    before("getrusage", () -> Arguments.usage(scope));
    return delegate.getrusage(scope);
  }

  @Override
  public int pageSize() {
    return delegate.pageSize();
  }
}
