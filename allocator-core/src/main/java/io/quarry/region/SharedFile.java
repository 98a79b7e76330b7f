package io.quarry.region;

import io.quarry.posix.Advice;
import io.quarry.posix.Errno;
import io.quarry.posix.FallocateFlag;
import io.quarry.posix.MapFlag;
import io.quarry.posix.MemfdFlag;
import io.quarry.posix.OpenFlag;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import io.quarry.posix.Seal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * The open file that regions stand on, as its owner sees it. Nothing that this process starts
 * inherits the descriptor.
 *
 * <p><b>Where there is no room.</b> A page of a sparse file for which the file system finds no room
 * when it is touched ends the process with SIGBUS. So whatever has a path is allocated before it is
 * used, and a full disk is a refusal. A file in memory needs room of no file system, and its pages
 * come from where those of anonymous memory come from, when they are touched.
 */
final class SharedFile {
  private static final Set<Protection> READ_WRITE = EnumSet.of(Protection.READ, Protection.WRITE);
  private static final Set<MapFlag> INTO_HOLE = EnumSet.of(MapFlag.SHARED, MapFlag.FIXED_NOREPLACE);
  private static final Set<MemfdFlag> SEALABLE =
      EnumSet.of(MemfdFlag.CLOEXEC, MemfdFlag.ALLOW_SEALING);
  private static final Set<MemfdFlag> SEALABLE_AND_NOT_EXECUTABLE =
      EnumSet.of(MemfdFlag.CLOEXEC, MemfdFlag.NOEXEC_SEAL);
  private static final Set<OpenFlag> CREATE =
      EnumSet.of(OpenFlag.RDWR, OpenFlag.CREAT, OpenFlag.EXCL, OpenFlag.CLOEXEC);
  private static final Set<PosixFilePermission> OURS =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
  private static final Set<FallocateFlag> PUNCH =
      EnumSet.of(FallocateFlag.PUNCH_HOLE, FallocateFlag.KEEP_SIZE);
  private static final Set<FallocateFlag> ALLOCATE = EnumSet.noneOf(FallocateFlag.class);

  private final Posix posix;
  private final int descriptor;
  private final Path path;
  private final boolean hasName;
  private boolean closed;

  /** Whether pages have to be allocated, and can be. */
  private boolean allocates;

  private SharedFile(
      final Posix posix, final int descriptor, final Path path, final boolean hasName) {
    this.posix = posix;
    this.descriptor = descriptor;
    this.path = path;
    this.hasName = hasName;
    this.allocates = hasName;
  }

  /** Whether a page has to be allocated before it is written to. */
  boolean allocates() {
    return allocates;
  }

  static SharedFile inMemory(final Posix posix) {
    final int descriptor = createInMemory(posix);
    final Path path =
        Path.of(
            "/proc",
            Long.toString(ProcessHandle.current().pid()),
            "fd",
            Integer.toString(descriptor));
    final SharedFile file = new SharedFile(posix, descriptor, path, false);
    try {
      // Then no reader can be made to touch a page beyond the end.
      posix.fcntlAddSeals(descriptor, EnumSet.of(Seal.SHRINK));
    } catch (final PosixException notSealed) {
      file.close();
      throw notSealed;
    }
    return file;
  }

  private static int createInMemory(final Posix posix) {
    try {
      return posix.memfdCreate("quarry", SEALABLE_AND_NOT_EXECUTABLE);
    } catch (final PosixException refused) {
      if (refused.error() != Errno.EINVAL) {
        throw refused;
      }
      return posix.memfdCreate("quarry", SEALABLE); // before Linux 6.3
    }
  }

  static SharedFile at(final Posix posix, final Path path) {
    final Path absolute = path.toAbsolutePath();
    if (Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      AbandonedFile.delete(absolute);
    }
    return new SharedFile(posix, posix.open(absolute, CREATE, OURS), absolute, true);
  }

  /** Under which path another process can open the file. */
  Path path() {
    return path;
  }

  /** Makes the file longer. */
  void grow(final long bytes) {
    posix.ftruncate(descriptor, bytes);
  }

  /** Makes certain that pages can be touched; some may be allocated if the kernel refuses. */
  void allocate(final long offset, final long length) {
    if (!allocates) {
      return;
    }
    try {
      untilUninterrupted(() -> posix.fallocate(descriptor, ALLOCATE, offset, length));
    } catch (final PosixException refused) {
      if (refused.error() != Errno.EOPNOTSUPP) {
        throw refused;
      }
      allocates = false; // this file system cannot promise anything
    }
  }

  /** Gives pages back; they read as zero from now on. */
  void discard(final long offset, final long length) {
    // Not madvise(REMOVE), which ends up here too: that refuses locked memory.
    untilUninterrupted(() -> posix.fallocate(descriptor, PUNCH, offset, length));
  }

  /** A signal may interrupt a long call, which then has done a part at most. */
  private static void untilUninterrupted(final Runnable call) {
    while (true) {
      try {
        call.run();
        return;
      } catch (final PosixException refused) {
        if (refused.error() != Errno.EINTR) {
          throw refused;
        }
      }
    }
  }

  /** Maps pages where nothing is mapped. */
  long mapInto(final long address, final long length, final long offset) {
    final long mapped = posix.mmap(address, length, READ_WRITE, INTO_HOLE, descriptor, offset);
    if (hasName) {
      avoidReadAhead(mapped, length);
    }
    return mapped;
  }

  /**
   * Neighbours of a page that is touched would be read as well: zeros, mostly, of granules that
   * nobody uses.
   */
  private void avoidReadAhead(final long address, final long length) {
    try {
      posix.madvise(address, length, Advice.RANDOM);
    } catch (final PosixException refused) {
      // Some pages more in memory, which the kernel can take back at any time.
    }
  }

  /** Maps a part that the owner reads and writes himself. */
  FilePart map(final long offset, final int length) {
    return FilePart.writable(posix, descriptor, offset, length);
  }

  void unmap(final FilePart part) {
    part.unmap(posix);
  }

  /**
   * Deletes the file, if it has a name and that is still its own, and closes it. Idempotent.
   *
   * @return null, or why it was not deleted
   */
  RuntimeException close() {
    if (closed) {
      return null;
    }
    closed = true;
    RuntimeException failure = null;
    try {
      if (hasName && isStillAt(path)) {
        Files.delete(path);
      }
    } catch (final IOException notDeleted) {
      failure = new UncheckedIOException(path + " was not deleted", notDeleted);
    }
    try {
      posix.close(descriptor);
    } catch (final PosixException closedAllTheSame) {
      failure = closedAllTheSame; // and never to be closed again
    }
    return failure;
  }

  private boolean isStillAt(final Path place) throws IOException {
    return Files.exists(place) && Files.isSameFile(place, Path.of("/proc/self/fd/" + descriptor));
  }
}
