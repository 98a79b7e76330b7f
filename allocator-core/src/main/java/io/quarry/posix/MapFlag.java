package io.quarry.posix;

/**
 * How {@link Posix#mmap} maps ({@code MAP_*}). Every mapping needs exactly one of {@link #SHARED},
 * {@link #PRIVATE} and {@link #SHARED_VALIDATE}. A flag that the platform does not have is an
 * {@link UnsupportedOperationException}.
 */
public enum MapFlag {
  /** Writes are seen by every process that maps the same object. */
  SHARED,
  /** Writes are this process's own. */
  PRIVATE,
  /** No file stands behind the mapping; its pages are zero at first. */
  ANONYMOUS,
  /** Map at the address given, and replace whatever is mapped there. */
  FIXED,
  /**
   * Map at the address given, or fail with {@link Errno#EEXIST} if anything is mapped there. A
   * Linux before 4.17 takes the address for a hint: compare the address that comes back. Linux
   * only.
   */
  FIXED_NOREPLACE,
  /** Do not reserve swap space. */
  NORESERVE,
  /** Bring every page into memory at once. Linux only. */
  POPULATE,
  /** Use pages of the huge-page pool, which an administrator has to fill. Linux only. */
  HUGETLB,
  /** Lock the pages into memory, as {@code mlock} does. Linux only. */
  LOCKED,
  /** The mapping will hold a stack; Linux keeps huge pages out of it. Linux only. */
  STACK,
  /**
   * As {@link #SHARED}, and a flag that the file does not know is refused with {@link
   * Errno#EOPNOTSUPP} instead of ignored. Given in place of {@link #SHARED}. Linux 4.15.
   */
  SHARED_VALIDATE,
  /**
   * A page becomes writable only when all that is needed to find it is on the device, so that
   * flushing the processor's cache makes writes durable; for files on persistent memory, and
   * together with {@link #SHARED_VALIDATE}. Linux 4.15.
   */
  SYNC,
  /** With {@link #HUGETLB}: pages of 2 MiB. Linux only. */
  HUGE_2MB,
  /** With {@link #HUGETLB}: pages of 1 GiB. Linux only. */
  HUGE_1GB
}
