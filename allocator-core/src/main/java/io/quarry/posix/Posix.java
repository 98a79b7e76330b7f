package io.quarry.posix;

import java.util.BitSet;
import java.util.Set;

/**
 * The system calls that a memory manager needs, one method a call, with the names, the order of
 * arguments and the meaning that POSIX and Linux give them. Lengths and offsets are in bytes,
 * addresses are virtual addresses of this process.
 *
 * <p>Every method throws {@link PosixException} when the kernel refuses; nothing is retried and
 * nothing is checked beforehand, so that an implementation is only a translation. Implementations
 * are safe for use by several threads.
 */
public interface Posix {

  /** The file descriptor to give to {@link #mmap} for an anonymous mapping. */
  int NO_FILE = -1;

  /**
   * The kernel this JVM runs on.
   *
   * @throws UnsupportedOperationException on a platform without these calls, or where the native
   *     part of jnr-ffi cannot be loaded; the message says what to do
   */
  static Posix host() {
    return HostPosix.instance();
  }

  /**
   * Maps memory.
   *
   * @param address a hint, or the place itself with {@link MapFlag#FIXED} and {@link
   *     MapFlag#FIXED_NOREPLACE}; 0 leaves the choice to the kernel
   * @return the address of the mapping, a multiple of the page size
   */
  long mmap(
      long address,
      long length,
      Set<Protection> protection,
      Set<MapFlag> flags,
      int fileDescriptor,
      long offset);

  /** Unmaps every page that lies in the range, whoever mapped it. */
  void munmap(long address, long length);

  /** Changes the protection of every page in the range. */
  void mprotect(long address, long length, Set<Protection> protection);

  /** Tells the kernel how the range will be used. */
  void madvise(long address, long length, Advice advice);

  /**
   * Resizes a mapping, and moves it where the flags allow.
   *
   * @param newAddress the destination with {@link RemapFlag#FIXED}, otherwise ignored
   * @return the address of the resized mapping
   */
  long mremap(
      long oldAddress, long oldLength, long newLength, Set<RemapFlag> flags, long newAddress);

  /**
   * Tells which pages of the range are resident.
   *
   * @return one bit a page, set where the page is in memory
   */
  BitSet mincore(long address, long length);

  /** The size of a page in bytes, from {@code sysconf(_SC_PAGESIZE)}. */
  int pageSize();
}
