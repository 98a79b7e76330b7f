package io.quarry.region;

import io.quarry.posix.MapFlag;
import io.quarry.posix.OpenFlag;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import io.quarry.posix.Whence;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A file that the regions of an allocator stand on, as seen by others. It is mapped in windows: the
 * first spans all that there was when it was opened, and one more is made whenever something is
 * wanted that lies behind, or across the border of two. Windows stay until it is closed, so that no
 * view goes astray.
 *
 * <p>Safe for use by several threads, but for {@link #close}: nobody may be in the middle of a
 * call, or come later.
 */
public final class AttachedFile {
  private static final Set<MapFlag> SHARED = EnumSet.of(MapFlag.SHARED);
  private static final Set<Protection> READ = EnumSet.of(Protection.READ);
  private static final Set<Protection> READ_WRITE = EnumSet.of(Protection.READ, Protection.WRITE);

  /** A part of the file that is mapped. */
  private record Window(long address, long from, long to) {
    boolean has(final long offset, final long bytes) {
      return offset >= from && bytes <= to - offset;
    }
  }

  private final Posix posix;
  private final boolean writable;
  private final int descriptor;
  private final FilePart head;

  /** Newest first. */
  private volatile List<Window> windows = List.of();

  /** By their place in the root; null where none was needed so far. */
  private volatile FilePart[] leaves = new FilePart[0];

  private boolean headUnmapped;
  private boolean descriptorClosed;

  private AttachedFile(
      final Posix posix, final boolean writable, final int descriptor, final FilePart head) {
    this.posix = posix;
    this.writable = writable;
    this.descriptor = descriptor;
    this.head = head;
  }

  /**
   * Opens a file.
   *
   * @throws IllegalArgumentException if it is none, or was made by another version
   * @throws PosixException if the kernel refuses to open or to map it
   */
  public static AttachedFile open(final Posix posix, final Path path, final boolean writable) {
    final OpenFlag access = writable ? OpenFlag.RDWR : OpenFlag.RDONLY;
    final int descriptor = posix.open(path, EnumSet.of(access, OpenFlag.CLOEXEC), Set.of());
    FilePart head = null;
    AttachedFile file = null;
    try {
      // To touch what lies behind the end of a file would end the process.
      if (posix.lseek(descriptor, 0, Whence.END) < SharedLayout.RANGES_OFFSET) {
        throw new IllegalArgumentException(
            path + ": too short for a file of an allocator, or not complete yet");
      }
      head = FilePart.readOnly(posix, descriptor, 0, SharedLayout.RANGES_OFFSET);
      checkHeader(head, path);
      file = new AttachedFile(posix, writable, descriptor, head);
      return file;
    } finally {
      if (file == null) {
        try {
          posix.close(descriptor);
        } finally {
          if (head != null) {
            head.unmap(posix);
          }
        }
      }
    }
  }

  private static void checkHeader(final FilePart head, final Path path) {
    final long magic = head.getAcquire(SharedLayout.MAGIC_OFFSET);
    if (magic >>> SharedLayout.VERSION_BITS != SharedLayout.MAGIC_OF_ALL_VERSIONS) {
      throw new IllegalArgumentException(
          String.format(
              "%s: no file of an allocator, or one of a machine with another byte order: it begins"
                  + " with 0x%016x, expected 0x%016x",
              path, magic, SharedLayout.MAGIC));
    }
    final long shift = head.getAcquire(SharedLayout.GRANULE_SHIFT_OFFSET);
    if (magic != SharedLayout.MAGIC || shift != Geometry.GRANULE_SHIFT) {
      throw new IllegalArgumentException(
          String.format(
              "%s: made by another version of the library, layout %d with granules of 2^%d bytes;"
                  + " expected layout %d with granules of 2^%d: use the same version on both sides",
              path,
              magic & (1 << SharedLayout.VERSION_BITS) - 1,
              shift,
              SharedLayout.MAGIC & (1 << SharedLayout.VERSION_BITS) - 1,
              Geometry.GRANULE_SHIFT));
    }
  }

  /** Whether the contents may be written to. */
  public boolean isWritable() {
    return writable;
  }

  /** Whether the owner has let go of it. */
  public boolean isClosedByOwner() {
    return head.getAcquire(SharedLayout.STATE_OFFSET) != SharedLayout.OPEN;
  }

  /**
   * What the owner says of the granule that an offset lies in, as {@link SharedLayout} describes
   * it.
   *
   * @return 0 if it belongs to no run, or the file does not have it
   */
  public long entryAt(final long offset) {
    if (offset < SharedLayout.RANGES_OFFSET || offset >= SharedLayout.MAX_FILE_BYTES) {
      return 0;
    }
    final int place = (int) (offset >>> SharedLayout.LEAF_SHIFT);
    final FilePart[] known = leaves;
    final FilePart leaf = place < known.length ? known[place] : null;
    if (leaf != null) {
      return leaf.getAcquire(SharedLayout.placeInLeaf(offset));
    }
    final FilePart added = addLeaf(place, head.getAcquire(SharedLayout.placeInRoot(offset)));
    return added == null ? 0 : added.getAcquire(SharedLayout.placeInLeaf(offset));
  }

  private synchronized FilePart addLeaf(final int place, final long leafOffset) {
    if (place < leaves.length && leaves[place] != null) {
      return leaves[place];
    }
    if (leafOffset == 0 || leafOffset > bytes() - SharedLayout.LEAF_BYTES) {
      return null;
    }
    final FilePart[] more = Arrays.copyOf(leaves, Math.max(leaves.length, place + 1));
    more[place] = FilePart.readOnly(posix, descriptor, leafOffset, SharedLayout.LEAF_BYTES);
    leaves = more;
    return more[place];
  }

  /** The present size of the file. */
  public long bytes() {
    return posix.lseek(descriptor, 0, Whence.END);
  }

  /**
   * Where a part of the file is mapped, mapping it first if need be.
   *
   * @return 0 if the file does not have that part
   */
  public long addressOf(final long offset, final long bytes) {
    for (final Window window : windows) {
      if (window.has(offset, bytes)) {
        return window.address() + offset - window.from();
      }
    }
    final Window added = addWindow(offset, bytes);
    return added == null ? 0 : added.address() + offset - added.from();
  }

  private synchronized Window addWindow(final long offset, final long bytes) {
    for (final Window window : windows) {
      if (window.has(offset, bytes)) {
        return window;
      }
    }
    final long to = bytes();
    if (offset < 0 || bytes > to - offset) {
      return null;
    }
    // What is behind the last window as a whole; or a part that no window has as a whole.
    final long behind = windows.stream().mapToLong(Window::to).max().orElse(0);
    final long from = Math.min(behind, offset & -Geometry.GRANULE_BYTES);
    final List<Window> more = new ArrayList<>(windows.size() + 1);
    more.add(null);
    more.addAll(windows);
    final Set<Protection> protection = writable ? READ_WRITE : READ;
    final long address = posix.mmap(0, to - from, protection, SHARED, descriptor, from);
    FilePart.avoidHugePages(posix, address, to - from);
    final Window added = new Window(address, from, to);
    more.set(0, added);
    windows = more;
    return added;
  }

  /**
   * Unmaps everything, and closes the file. Idempotent: what the kernel would not unmap is tried
   * again by the next call.
   *
   * @throws PosixException if it kept some of it
   */
  public synchronized void close() {
    PosixException refusal = null;
    final List<Window> kept = new ArrayList<>();
    for (final Window window : windows) {
      try {
        posix.munmap(window.address(), window.to() - window.from());
      } catch (final PosixException refused) {
        refusal = refused;
        kept.add(window);
      }
    }
    windows = kept;
    for (int place = 0; place < leaves.length; place++) {
      if (leaves[place] != null) {
        try {
          leaves[place].unmap(posix);
          leaves[place] = null;
        } catch (final PosixException refused) {
          refusal = refused;
        }
      }
    }
    try {
      closeDescriptor();
      unmapHead();
    } catch (final PosixException refused) {
      refusal = refused;
    }
    if (refusal != null) {
      throw refusal;
    }
  }

  private void closeDescriptor() {
    if (!descriptorClosed) {
      descriptorClosed = true; // also if the kernel reports an error: never to be closed again
      posix.close(descriptor);
    }
  }

  private void unmapHead() {
    if (!headUnmapped) {
      head.unmap(posix);
      headUnmapped = true;
    }
  }
}
