package io.quarry.posix;

/**
 * How {@link Posix#mmap} maps ({@code MAP_*}). Every mapping needs exactly one of {@link #SHARED}
 * and {@link #PRIVATE}. A flag that the platform does not have is an {@link
 * UnsupportedOperationException}.
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
  STACK
}
