package io.quarry.posix;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;

/**
 * An open file that can be mapped: one with a path, one that lives in memory only, or one that
 * another process has open. Sizes and offsets are in bytes.
 *
 * <p>A {@link Mapping} needs its file for as long as it lives, to know how far it may be touched.
 * So {@link #close()} closes the descriptor at once if nothing is mapped, and otherwise when the
 * last mapping of it is unmapped; the handle itself is closed in any case.
 *
 * <p>Every method throws {@link IllegalStateException} once the handle is closed, and {@link
 * PosixException} where the kernel refuses. Safe for use by several threads: calls on one handle
 * are made one at a time, so that no call can reach a descriptor that was closed and given out
 * again. A handle that becomes unreachable without being closed stays open.
 */
public final class FileHandle implements AutoCloseable {

  /** Less the umask, as everywhere. */
  private static final Set<PosixFilePermission> READ_AND_WRITE =
      PosixFilePermissions.fromString("rw-rw-rw-");

  private final Posix posix;
  private final int descriptor;
  private final String name;
  private final boolean regular;
  private final long pageBytes;
  private long mappings;
  private boolean closed;

  private FileHandle(Posix posix, int descriptor, String name, boolean regular, long pageBytes) {
    this.posix = posix;
    this.descriptor = descriptor;
    this.name = name;
    this.regular = regular;
    this.pageBytes = pageBytes;
  }

  /**
   * Opens a file, and creates it where the flags say so with permission to read and write for
   * everybody, less the process's umask. {@link OpenFlag#CLOEXEC} is always added.
   */
  public static FileHandle open(Path path, OpenFlag... flags) {
    return open(path, READ_AND_WRITE, flags);
  }

  /** Opens a file, and creates it with these permissions where the flags say so. */
  public static FileHandle open(
      Path path, Set<PosixFilePermission> permissions, OpenFlag... flags) {
    return open(Posix.host(), path, permissions, flags);
  }

  static FileHandle open(
      Posix posix, Path path, Set<PosixFilePermission> permissions, OpenFlag... flags) {
    final Set<OpenFlag> all = EnumSet.of(OpenFlag.CLOEXEC, flags);
    requireOneAccess(all);
    final int descriptor = posix.open(path, all, permissions);
    return new FileHandle(
        posix, descriptor, path.toString(), Files.isRegularFile(path), posix.pageSize());
  }

  /**
   * Makes a file of size 0 that lives in memory only and has no path. Another process can open it
   * with {@link #ofProcess}. {@link MemfdFlag#CLOEXEC} is always added. Linux only.
   *
   * @param name shown in {@code /proc/PID/maps} after {@code memfd:}; need not be unique
   */
  public static FileHandle inMemory(String name, MemfdFlag... flags) {
    return inMemory(Posix.host(), name, flags);
  }

  static FileHandle inMemory(Posix posix, String name, MemfdFlag... flags) {
    final Set<MemfdFlag> all = EnumSet.of(MemfdFlag.CLOEXEC, flags);
    final long pageBytes =
        HugePages.unit(
            posix,
            all.contains(MemfdFlag.HUGETLB),
            all.contains(MemfdFlag.HUGE_2MB),
            all.contains(MemfdFlag.HUGE_1GB));
    return new FileHandle(posix, posix.memfdCreate(name, all), "memfd:" + name, true, pageBytes);
  }

  /**
   * Opens a file that another process has open, whether or not it has a path. Needs the right to
   * debug that process, as processes of the same user mostly have. Linux only.
   *
   * @param pid the process, such as {@link ProcessHandle#pid()} tells it
   * @param descriptor that process's number for the file
   */
  public static FileHandle ofProcess(long pid, int descriptor, OpenFlag... flags) {
    return open(Path.of("/proc", Long.toString(pid), "fd", Integer.toString(descriptor)), flags);
  }

  /**
   * Takes over a descriptor that is open already; closing the handle closes it. Whether it is open
   * is checked, whether it is the caller's cannot be.
   */
  public static FileHandle adopt(int descriptor) {
    if (descriptor < 0) {
      throw new IllegalArgumentException(
          "descriptor must be 0 or more, the number of an open file, but is " + descriptor);
    }
    final Posix posix = Posix.host();
    try {
      posix.lseek(descriptor, 0, Whence.CUR);
    } catch (PosixException e) {
      if (e.error() != Errno.ESPIPE) { // It is open, but not a file.
        throw new IllegalArgumentException(
            "descriptor must be the number of an open file, but "
                + descriptor
                + " is not: "
                + e.getMessage(),
            e);
      }
    }
    final Path path = Path.of("/dev/fd", Integer.toString(descriptor));
    return new FileHandle(
        posix, descriptor, path.toString(), Files.isRegularFile(path), posix.pageSize());
  }

  private static void requireOneAccess(Set<OpenFlag> flags) {
    final Set<OpenFlag> access = EnumSet.of(OpenFlag.RDONLY, OpenFlag.WRONLY, OpenFlag.RDWR);
    access.retainAll(flags);
    if (access.size() != 1) {
      throw new IllegalArgumentException(
          "flags must contain exactly one of RDONLY, WRONLY and RDWR, but are " + flags);
    }
  }

  /** The number by which the process knows the file. */
  public int descriptor() {
    return call(file -> file);
  }

  /** How many bytes the file has now. */
  public long size() {
    return call(file -> posix.lseek(file, 0, Whence.END));
  }

  /**
   * Sets the size. What is added reads as zero and takes no memory until it is written. Where a
   * file is cut, views of the part that is gone must not be touched any more: that is a SIGBUS,
   * which ends the process or becomes an {@link InternalError}.
   *
   * @param size 0 or more
   */
  public void resize(long size) {
    if (size < 0) {
      throw new IllegalArgumentException("size must be 0 or more bytes, but is " + size);
    }
    run(file -> posix.ftruncate(file, size));
  }

  /**
   * Allocates memory or disk space for a range, and lets the file grow to its end if need be: a
   * write to a mapping of it cannot fail for want of space afterwards. Linux only.
   */
  public void allocate(long offset, long length) {
    requireRange(offset, length);
    run(file -> posix.fallocate(file, EnumSet.noneOf(FallocateFlag.class), offset, length));
  }

  /**
   * Gives the memory or disk space of a range back: it reads as zero from now on, through every
   * mapping as well. The size stays. Linux only.
   */
  public void punchHole(long offset, long length) {
    requireRange(offset, length);
    final Set<FallocateFlag> flags = EnumSet.of(FallocateFlag.PUNCH_HOLE, FallocateFlag.KEEP_SIZE);
    run(file -> posix.fallocate(file, flags, offset, length));
  }

  private static void requireRange(long offset, long length) {
    if (offset < 0 || length <= 0 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException(
          "offset must be 0 or more, length 1 or more, and their sum less than 2^63, but they are "
              + offset
              + " and "
              + length);
    }
  }

  /**
   * Forbids changes to a file in memory, to everybody and for good. Needs {@link
   * MemfdFlag#ALLOW_SEALING}. With {@link Seal#SHRINK} no reader needs to fear a SIGBUS. Linux
   * only.
   */
  public void seal(Seal first, Seal... more) {
    final Set<Seal> seals = EnumSet.of(first, more);
    run(file -> posix.fcntlAddSeals(file, seals));
  }

  /** What is forbidden by seals. Linux only. */
  public Set<Seal> seals() {
    return call(posix::fcntlGetSeals);
  }

  /** Whether {@link #close()} was not called yet. */
  public synchronized boolean isOpen() {
    return !closed;
  }

  /** Closes the handle; idempotent. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      closeIfUnused();
    }
  }

  /** Opens the use of the file by one mapping, from the call of {@code mmap} on. */
  synchronized long mapped(IntToLongFunction mmap) {
    requireOpen();
    final long address = mmap.applyAsLong(descriptor);
    mappings++;
    return address;
  }

  /** Ends the use of the file by one mapping. */
  synchronized void unmapped() {
    mappings--;
    if (closed) {
      closeIfUnused();
    }
  }

  private void closeIfUnused() {
    if (mappings == 0) {
      posix.close(descriptor);
    }
  }

  /**
   * How many bytes of the file can be touched through a mapping: its size, and what follows up to
   * the end of its last page. Of what is no regular file, the size tells nothing.
   */
  synchronized long touchableBytes() {
    if (!regular) {
      return Long.MAX_VALUE;
    }
    final long size = posix.lseek(descriptor, 0, Whence.END);
    return size > Long.MAX_VALUE - pageBytes
        ? size
        : (size + pageBytes - 1) / pageBytes * pageBytes;
  }

  /** The size of a page that a mapping of this file consists of. */
  long pageBytes() {
    return pageBytes;
  }

  private void run(IntConsumer action) {
    call(
        file -> {
          action.accept(file);
          return null;
        });
  }

  private synchronized <T> T call(IntFunction<T> action) {
    requireOpen();
    return action.apply(descriptor);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the handle of " + name + " is closed");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
