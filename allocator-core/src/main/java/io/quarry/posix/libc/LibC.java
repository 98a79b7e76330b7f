package io.quarry.posix.libc;

import jnr.ffi.Pointer;
import jnr.ffi.annotations.IgnoreError;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.annotations.Variadic;

/**
 * The functions of the C library that Quarry calls, for 64-bit platforms: {@code size_t} and {@code
 * off_t} are {@code long}. Their manual pages say what they do.
 *
 * <p>{@code mmap} and {@code mremap} take their addresses as {@link Pointer}: with six arguments
 * that are all numbers, jnr-ffi 2.3.4 picks a calling sequence that passes the last one wrongly,
 * and {@code mmap} fails with EINVAL before it enters the kernel. The others take plain numbers,
 * which allocates nothing and costs about 10 ns beyond the function itself. Functions with a
 * variable number of arguments are marked: macOS on AArch64 passes those on the stack.
 */
public interface LibC {

  /** Returns the address, or -1 where C says {@code MAP_FAILED}. */
  long mmap(
      Pointer address, long length, int protection, int flags, int fileDescriptor, long offset);

  /** Returns 0, or -1 after a failure. */
  int munmap(long address, long length);

  /** Returns 0, or -1 after a failure. */
  int mprotect(long address, long length, int protection);

  /** Returns 0, or -1 after a failure. */
  int madvise(long address, long length, int advice);

  /** Returns the address, or -1 where C says {@code MAP_FAILED}; Linux only. */
  long mremap(Pointer oldAddress, long oldLength, long newLength, int flags, Pointer newAddress);

  /** Returns 0, or -1 after a failure; bit 0 of each byte says whether that page is resident. */
  int mincore(long address, long length, @Out byte[] pages);

  /** Returns 0, or -1 after a failure. */
  int msync(long address, long length, int flags);

  /** Returns 0, or -1 after a failure. */
  int mlock(long address, long length);

  /** Returns 0, or -1 after a failure; Linux only. */
  int mlock2(long address, long length, int flags);

  /** Returns 0, or -1 after a failure. */
  int munlock(long address, long length);

  /** Returns 0, or -1 after a failure. */
  int mlockall(int flags);

  /** Returns 0, or -1 after a failure. */
  int munlockall();

  /** Returns the descriptor, or -1 after a failure. */
  @Variadic(fixedCount = 2)
  int open(@In byte[] path, int flags, int mode);

  /** Returns 0, or -1 after a failure. */
  int close(int fileDescriptor);

  /** Returns the new position, or -1 after a failure. */
  long lseek(int fileDescriptor, long offset, int whence);

  /** Returns 0, or -1 after a failure. */
  int ftruncate(int fileDescriptor, long length);

  /** Returns 0, or -1 after a failure; Linux only. */
  int fallocate(int fileDescriptor, int mode, long offset, long length);

  /** Returns the descriptor, or -1 after a failure; Linux only, glibc 2.27. */
  int memfd_create(@In byte[] name, int flags);

  /** Returns what the command says, or -1 after a failure. */
  @Variadic(fixedCount = 2)
  int fcntl(int fileDescriptor, int command, int argument);

  /** Returns what the option says, or -1 after a failure; Linux only. */
  @Variadic(fixedCount = 1)
  int prctl(int option, long argument2, long argument3, long argument4, @In byte[] argument5);

  /** Returns 0, or -1 after a failure. */
  int getrusage(int who, @Out long[] usage);

  /** Returns the value, or -1 where there is none. */
  long sysconf(int name);

  /** Returns {@code address}. */
  @IgnoreError
  long memset(long address, int value, long length);

  /** Returns {@code to}. */
  @IgnoreError
  long memmove(long to, long from, long length);
}
