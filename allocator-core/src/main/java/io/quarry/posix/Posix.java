package io.quarry.posix;

import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
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

  /** Writes what changed in the range of a shared file mapping back to the file. */
  void msync(long address, long length, Set<SyncFlag> flags);

  /** Brings every page of the range into memory and keeps it there. */
  void mlock(long address, long length);

  /** As {@link #mlock}, with flags. Linux only. */
  void mlock2(long address, long length, Set<LockFlag> flags);

  /** Lets the pages of the range leave memory again, however often they were locked. */
  void munlock(long address, long length);

  /**
   * Locks the pages of the whole process, the Java heap among them. After {@link
   * LockAllFlag#FUTURE}, any allocation by anyone may fail at the limit of locked memory.
   */
  void mlockall(Set<LockAllFlag> flags);

  /** Undoes {@link #mlock}, {@link #mlock2} and {@link #mlockall}. */
  void munlockall();

  /**
   * Opens a file.
   *
   * @param permissions those of a file that is created, less the process's umask
   * @return the file descriptor, to be closed with {@link #close}
   */
  int open(Path path, Set<OpenFlag> flags, Set<PosixFilePermission> permissions);

  /**
   * Closes a file descriptor. Mappings of the file stay. The number is given out again: to close it
   * twice closes somebody else's file.
   */
  void close(int fileDescriptor);

  /**
   * Moves the position of an open file. Mapping does not use it, so {@code lseek(fd, 0,
   * Whence.END)} is the simple way to learn a file's size.
   *
   * @return the new position
   */
  long lseek(int fileDescriptor, long offset, Whence whence);

  /**
   * Sets the size of a file; what is added reads as zero. To touch a mapped page that lies wholly
   * beyond the end of its file ends the process with SIGBUS.
   */
  void ftruncate(int fileDescriptor, long length);

  /** Allocates, frees or clears a range of a file. Linux only. */
  void fallocate(int fileDescriptor, Set<FallocateFlag> flags, long offset, long length);

  /**
   * Makes a file of length 0 that lives in memory only and has no path; other processes that may
   * debug this one can open it as {@code /proc/PID/fd/DESCRIPTOR}. It goes when the last descriptor
   * and mapping do. Linux only.
   *
   * @param name shown in {@code /proc/PID/maps} after {@code memfd:}; at most 249 bytes, need not
   *     be unique
   * @return the file descriptor, to be closed with {@link #close}
   */
  int memfdCreate(String name, Set<MemfdFlag> flags);

  /** {@code fcntl(F_ADD_SEALS)}: forbids changes to a memory file for good. Linux only. */
  void fcntlAddSeals(int fileDescriptor, Set<Seal> seals);

  /** {@code fcntl(F_GET_SEALS)}: the seals that this package knows of. Linux only. */
  Set<Seal> fcntlGetSeals(int fileDescriptor);

  /**
   * {@code prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME)}: names anonymous memory, as {@code [anon:name]}
   * in {@code /proc/PID/maps}. Refused with {@link Errno#EINVAL} by a kernel before 5.17, or built
   * without {@code CONFIG_ANON_VMA_NAME}. Linux only.
   *
   * @param name up to 79 printable characters of ASCII, none of {@code \ ` $ [ ]}; null takes the
   *     name away
   */
  void prctlSetVmaAnonName(long address, long length, String name);

  /** What was used so far: processor time, memory, page faults. */
  ResourceUsage getrusage(UsageScope scope);

  /** The size of a page in bytes, from {@code sysconf(_SC_PAGESIZE)}. */
  int pageSize();
}
