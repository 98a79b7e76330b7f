package io.quarry.allocator;

import io.quarry.posix.Posix;
import io.quarry.region.PageSource;
import java.nio.file.Path;
import java.util.Objects;

/**
 * What kind of memory an allocator stands on. Immutable; a value may serve several allocators, but
 * for {@link #file}, where each needs a path of its own.
 *
 * <p>On the two shared kinds, every block has an {@linkplain SlabAllocator#offsetOf offset} that
 * means the same in every process, and other processes read and write the contents of blocks
 * through {@link SharedBlocks}. What is different there:
 *
 * <ul>
 *   <li>Only Linux has them.
 *   <li>{@code realloc} of blocks over 1 MiB grows in place where there is room, and copies
 *       otherwise: to move pages would change what offsets mean.
 *   <li>Idle memory is given back with a hole in the file, and unmapped then. {@code idleTime},
 *       {@link ReturnMode} and the capacity mean the same.
 *   <li>The file grows by regions and never shrinks; its size is address space, not memory. A few
 *       pages of it, 1/8192 of the address space at most, tell other processes what lies where; the
 *       capacity does not count them.
 *   <li>A process that is started by this one inherits none of it.
 * </ul>
 */
public final class Backing {

  /** Makes the pages of one allocator. */
  private interface Opening {
    PageSource open(Posix posix);
  }

  private static final Backing PRIVATE = new Backing("private memory", PageSource::anonymous);
  private static final Backing SHARED = new Backing("shared memory", PageSource::memoryFile);

  private final String description;
  private final Opening opening;

  private Backing(final String description, final Opening opening) {
    this.description = description;
    this.opening = opening;
  }

  /** Private anonymous memory, the default: nobody else sees it, and blocks have no offsets. */
  public static Backing privateMemory() {
    return PRIVATE;
  }

  /**
   * Memory that other processes can map: a file that exists in memory only ({@code memfd_create}),
   * and goes when the allocator is closed and the last process that mapped it has let go. {@link
   * SlabAllocator#backingPath()} is {@code /proc/PID/fd/N}, which other processes of the same user
   * can open while this process lives and has not closed the allocator. The file is sealed against
   * being shortened.
   *
   * <p>Its pages come from where those of private memory come from, and are accounted to the
   * process or container that touches them first. Where the kernel finds none, the process ends, as
   * it does on private memory.
   */
  public static Backing sharedMemory() {
    return SHARED;
  }

  /**
   * A file that the allocator creates at a path, readable and writable for this user only, and
   * deletes when it is closed. It may be on a disk, where it can be larger than memory, or in a
   * {@code tmpfs} such as {@code /dev/shm}.
   *
   * <p>Nothing may be at the path, except the file of an allocator whose process has ended without
   * closing it: that is replaced. Processes in containers do not see each other's: give each a path
   * of its own there.
   *
   * <p>A slab is allocated in the file system ({@code fallocate}) before the first block of it is
   * handed out, so that a full disk is an {@link OffHeapExhaustedException} with {@code
   * OS_REFUSED}, and not a SIGBUS. In a {@code tmpfs} it is in memory from then on, touched or not.
   * On a file system that cannot give back parts of a file, idle memory stays with the allocator,
   * as with {@link ReturnMode#NEVER}, and a warning is logged.
   *
   * <p>The contents are written to the disk whenever the kernel sees fit, and never made durable:
   * after a crash, nobody can tell which blocks of the file were live.
   */
  public static Backing file(final Path path) {
    Objects.requireNonNull(path, "path");
    return new Backing("file " + path, posix -> PageSource.file(posix, path));
  }

  PageSource open(final Posix posix) {
    return opening.open(posix);
  }

  @Override
  public String toString() {
    return description;
  }
}
