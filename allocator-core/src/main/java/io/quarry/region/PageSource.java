package io.quarry.region;

import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import java.nio.file.Path;

/**
 * What stands behind the pages of regions.
 *
 * <p>Private anonymous memory is there when it is mapped and gone when it is unmapped. The memory
 * of a shared file is the file's: it stays when it is unmapped, and has to be discarded first. In
 * return, each of its bytes has an offset in the file that means the same in every process.
 *
 * <p>Every method may throw {@link PosixException} when the kernel refuses, and has changed nothing
 * then, unless it says otherwise. All but {@link #map}, {@link #allocate} and {@link #discard} are
 * to be called under the lock of the {@link Regions}.
 */
public interface PageSource {

  /** Private anonymous memory. */
  static PageSource anonymous(final Posix posix) {
    return new AnonymousPages(posix);
  }

  /**
   * A file that lives in memory only, has no name, and can be opened by others as {@link #path()}.
   */
  static PageSource memoryFile(final Posix posix) {
    return SharedPages.over(SharedFile.inMemory(posix));
  }

  /**
   * A file that is created at a path, and deleted from there in the end.
   *
   * @throws IllegalArgumentException if anything is there that is not the file of a dead process
   */
  static PageSource file(final Posix posix, final Path path) {
    return SharedPages.over(SharedFile.at(posix, path));
  }

  /** Whether the pages are a file's: they outlive their mappings, and have offsets. */
  boolean isShared();

  /** Under which path another process can open the file; null if there is none. */
  Path path();

  /** Why memory cannot be given back to the kernel; null if it can. */
  PosixException keepsAllBecause();

  // --- ranges: one for each region ---------------------------------------------------------------

  /**
   * Opens a range for a region. All of it reads as zero.
   *
   * @return its offset
   */
  long open(long bytes);

  /** Closes a range. Nothing of it may be allocated any more. */
  void close(long offset, long bytes);

  // --- pages -------------------------------------------------------------------------------------

  /**
   * Maps pages at an address where nothing is mapped.
   *
   * @return the address; another one on kernels that take the address for a hint
   * @throws PosixException with {@link io.quarry.posix.Errno#EEXIST} if something is mapped there
   * @throws UnsupportedOperationException on platforms where that cannot be told
   */
  long map(long address, long length, long offset);

  /**
   * Makes certain that mapped pages can be written to. If the kernel refuses, some of them may be
   * allocated, and none has changed.
   */
  void allocate(long offset, long length);

  /** Gives the memory of mapped pages back: they read as zero from now on. */
  void discard(long address, long length, long offset);

  /**
   * Whether {@link #discard} leaves pages that can be written to again at any time. Where they have
   * to be allocated before, only whole runs may be discarded: those are allocated when they are
   * handed out again.
   */
  boolean mayDiscardParts();

  // --- what others are told of -------------------------------------------------------------------

  /** Tells whoever has the file open that a range of granules was cut into equal pieces. */
  void describe(long offset, int granules, long pieceBytes);

  /** Takes back what {@link #describe} told. */
  void withdraw(long offset, int granules);

  // --- the whole ---------------------------------------------------------------------------------

  /** The number of kernel mappings it needs for itself. */
  int mappings();

  /**
   * Lets go of everything. Idempotent: what is refused is tried again by the next call.
   *
   * @return null, or why something is left
   */
  RuntimeException close();
}
