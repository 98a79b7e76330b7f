package io.quarry.posix.libc;

import jnr.ffi.Pointer;
import jnr.ffi.annotations.IgnoreError;
import jnr.ffi.annotations.Out;

/**
 * The functions of the C library that Quarry calls, for 64-bit platforms: {@code size_t} and {@code
 * off_t} are {@code long}. Their manual pages say what they do.
 *
 * <p>{@code mmap} and {@code mremap} take their addresses as {@link Pointer}: with six arguments
 * that are all numbers, jnr-ffi 2.3.4 picks a calling sequence that passes the last one wrongly,
 * and {@code mmap} fails with EINVAL before it enters the kernel. The others take plain numbers,
 * which allocates nothing and costs about 10 ns beyond the function itself.
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

  /** Returns the value, or -1 where there is none. */
  long sysconf(int name);

  /** Returns {@code address}. */
  @IgnoreError
  long memset(long address, int value, long length);

  /** Returns {@code to}. */
  @IgnoreError
  long memmove(long to, long from, long length);
}
