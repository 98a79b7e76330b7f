package io.quarry.posix;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Mapped memory: one range from {@code mmap}, with all that can be done to it until the last of it
 * is unmapped. Begin with {@link #anonymous}, {@link #ofFile} or {@link #of}. Lengths and offsets
 * are in bytes; offsets count from the beginning of the mapping.
 *
 * <p><b>Views.</b> A mapping is read and written through views, Agrona's {@link UnsafeBuffer} or
 * {@link ByteBuffer}. One is made only of bytes that are mapped, may be read, and have a file
 * behind them where it is a file's mapping; it refuses writes unless all of its bytes may be
 * written. That is how things are when the view is made. <b>A view that was handed out cannot be
 * taken back</b>: what is later unmapped, protected, moved by a resize, or cut off from its file
 * must not be touched through an older view, nor through a slice or wrapper of it. To do so is a
 * SIGSEGV or SIGBUS, which ends the JVM; of memory that was unmapped, it may also read or damage
 * what was mapped there since. Three things are a SIGBUS even in a fresh view, and nothing in Java
 * can see them coming: that another process cuts the file in between (a {@link Seal#SHRINK} rules
 * it out), that the file system has no room for a page that is written for the first time ({@link
 * FileHandle#allocate} does), and that the device fails.
 *
 * <p><b>Errors.</b> Arguments that make no sense are an {@link IllegalArgumentException} or {@link
 * IndexOutOfBoundsException} that names them. The use of what is no longer mapped is an {@link
 * IllegalStateException}. What the kernel refuses is a {@link PosixException}; the mapping is then
 * as it was, or knows what became of it.
 *
 * <p><b>Threads.</b> Safe for use by several threads: what changes the mapping waits for what uses
 * it, and the other way round. Views are bare memory: what two threads do to the same bytes at the
 * same time is what the hardware makes of it, and {@link #close()} does not wait for them.
 *
 * <p>A mapping that becomes unreachable without being closed stays mapped, as a view of it may
 * still be in use.
 */
public final class Mapping implements AutoCloseable {

  private final Posix posix;
  private final Optional<FileHandle> file;
  private final long fileOffset;
  private final Set<MapFlag> flags;
  private final long pageBytes;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  /** Guarded by the lock. */
  private final MappingState state;

  /** What was mapped by this call, at this address. */
  Mapping(MappingCall made, long address, Guards guards) {
    this.posix = made.posix();
    this.file = made.optionalFile();
    this.fileOffset = made.fileOffset();
    this.flags = made.flags();
    this.pageBytes = made.pageBytes();
    this.state = new MappingState(made, address, guards);
  }

  /**
   * Begins a mapping without a file; it is private, and may be read and written, unless said
   * otherwise. Its bytes are zero, and take memory only page by page as they are touched.
   *
   * @param length 1 or more
   */
  public static MappingBuilder anonymous(long length) {
    return new MappingBuilder().length(length);
  }

  /**
   * Begins a mapping of a file, which is opened as the mapping needs it; it is shared, may be read,
   * and reaches to the end of the file, unless said otherwise.
   */
  public static MappingBuilder ofFile(Path path) {
    return new MappingBuilder(path);
  }

  /** Begins a mapping of an open file, with the defaults of {@link #ofFile}. */
  public static MappingBuilder of(FileHandle file) {
    return new MappingBuilder(file);
  }

  /** The address of the first byte; a resize may change it. */
  public long address() {
    return reading(state::address);
  }

  /** How many bytes were mapped, or are since the last resize; unmapping parts changes nothing. */
  public long length() {
    return reading(state::length);
  }

  /** The flags that it was mapped with, in the order of {@link MapFlag}. */
  public Set<MapFlag> flags() {
    return flags;
  }

  /** The file that is mapped, if there is one. */
  public Optional<FileHandle> file() {
    return file;
  }

  /** The offset in the file at which the mapping begins. */
  public long fileOffset() {
    return fileOffset;
  }

  /** The size of its pages; parts to unmap, protect and advise are cut along them. */
  public long pageBytes() {
    return pageBytes;
  }

  /** What may be done with every byte that is mapped; {@link #parts()} tells it in detail. */
  public Set<Protection> protection() {
    return reading(state::protection);
  }

  /** Whether anything is still mapped. */
  public boolean isMapped() {
    return underLock(lock.readLock(), state::isMapped);
  }

  /** What is still mapped, lowest address first, in parts of equal protection. */
  public List<MappedPart> parts() {
    return underLock(lock.readLock(), state::parts);
  }

  /** A view of the whole as {@link #buffer(long, int)} makes it; at most 2 GiB - 1. */
  public UnsafeBuffer buffer() {
    return reading(() -> buffer(0, Pages.viewLength(state.length())));
  }

  /**
   * An Agrona view. If any of its bytes may not be written, every method of it that writes throws
   * {@link java.nio.ReadOnlyBufferException}; another buffer that is wrapped around it does not.
   *
   * @throws IllegalStateException if part of it is not mapped or may not be read, or without the
   *     JVM option that Agrona needs, which the message names
   */
  public UnsafeBuffer buffer(long offset, int length) {
    return reading(
        () -> {
          final boolean writable = state.isWritableView(offset, length);
          final long from = state.address() + offset;
          return writable
              ? NativeMemory.unsafeBuffer(from, length)
              : NativeMemory.readOnlyUnsafeBuffer(from, length);
        });
  }

  /** A view of the whole as {@link #byteBuffer(long, int)} makes it; at most 2 GiB - 1. */
  public ByteBuffer byteBuffer() {
    return reading(() -> byteBuffer(0, Pages.viewLength(state.length())));
  }

  /**
   * A view as a direct buffer, big-endian at first; read-only if any of its bytes may not be
   * written. Needs no JVM option. Agrona's buffers take no notice of read-only: take {@link
   * #buffer(long, int)} instead of wrapping one.
   *
   * @throws IllegalStateException if part of it is not mapped or may not be read
   */
  public ByteBuffer byteBuffer(long offset, int length) {
    return reading(
        () -> {
          final boolean writable = state.isWritableView(offset, length);
          final ByteBuffer view = NativeMemory.byteBuffer(state.address() + offset, length);
          return writable ? view : view.asReadOnlyBuffer();
        });
  }

  /** Changes what may be done with all that is mapped. */
  public void protect(Protection... protection) {
    final Set<Protection> set = setOf(Protection.class, protection);
    writing(() -> state.protectAll(set));
  }

  /**
   * Changes what may be done with a part; nothing, if no protection is given. Views of the part
   * that may now do more than it permits must not be used for that any more.
   *
   * @param offset a multiple of {@link #pageBytes()}
   * @param length a multiple of {@link #pageBytes()}, or all that follows
   */
  public void protect(long offset, long length, Protection... protection) {
    final Set<Protection> set = setOf(Protection.class, protection);
    writing(() -> state.protect(offset, length, set));
  }

  /**
   * Unmaps all that is still mapped, and guard pages too. Nobody may use a view of it any more.
   *
   * @throws IllegalStateException if that was done already; {@link #close()} does not mind
   */
  public void unmap() {
    writing(state::unmapAll);
  }

  /**
   * Unmaps a part; what is before and behind it stays mapped where it is. With the last part, the
   * whole is unmapped as by {@link #unmap()}.
   *
   * @param offset a multiple of {@link #pageBytes()}
   * @param length a multiple of {@link #pageBytes()}, or all that follows
   */
  public void unmap(long offset, long length) {
    writing(() -> state.unmap(offset, length));
  }

  /**
   * Changes the length. What is added reads as zero, or is what the file has there. The mapping
   * moves if it cannot grow in place, or has guard pages; {@link #address()} tells where to. Views
   * must be made anew. Linux only.
   *
   * @param newLength 1 or more
   * @throws IllegalStateException if parts were unmapped, or differ in protection
   * @throws UnsupportedOperationException if it is shared, has no file, and is to grow: the kernel
   *     gives the memory behind it no more room. Use {@link FileHandle#inMemory} instead
   */
  public void resize(long newLength) {
    writing(() -> state.resize(newLength));
  }

  /**
   * Changes the length without moving. Linux only.
   *
   * @return false if that is not possible, because something is mapped behind it
   */
  public boolean tryResizeInPlace(long newLength) {
    return underLock(
        lock.writeLock(),
        () -> {
          state.requireNotUnmapped();
          return state.tryResizeInPlace(newLength);
        });
  }

  /** Writes what changed back to the file; returns when it is there unless told otherwise. */
  public void sync(SyncFlag... how) {
    final Set<SyncFlag> set = syncFlags(how);
    forEachPiece((from, bytes) -> posix.msync(from, bytes, set));
  }

  /** Writes what changed in a part back to the file, with the pages that it begins and ends in. */
  public void sync(long offset, long length, SyncFlag... how) {
    final Set<SyncFlag> set = syncFlags(how);
    reading(
        () -> {
          state.requireMapped(offset, length);
          final long aligned = offset - offset % pageBytes;
          posix.msync(state.address() + aligned, offset - aligned + length, set);
          return null;
        });
  }

  /** Tells the kernel how all that is mapped will be used. */
  public void advise(Advice advice) {
    requireHarmless(advice);
    forEachPiece((from, bytes) -> posix.madvise(from, bytes, advice));
  }

  /**
   * Tells the kernel how a part will be used.
   *
   * @param offset a multiple of {@link #pageBytes()}
   * @param length a multiple of {@link #pageBytes()}, or all that follows
   */
  public void advise(long offset, long length, Advice advice) {
    requireHarmless(advice);
    reading(
        () -> {
          final long whole = state.requireMappedPages(offset, length);
          posix.madvise(state.address() + offset, whole, advice);
          return null;
        });
  }

  private static void requireHarmless(Advice advice) {
    if (advice == Advice.GUARD_INSTALL) {
      throw new IllegalArgumentException(
          "advice must not be GUARD_INSTALL, of which new views would know nothing: use"
              + " protect(offset, length) without any protection");
    }
  }

  /**
   * Brings all that is mapped into memory and keeps it there; with {@link LockFlag#ONFAULT}, only
   * what is touched. After a failure, part of it may be locked.
   */
  public void lock(LockFlag... how) {
    final Set<LockFlag> set = setOf(LockFlag.class, how);
    forEachPiece(
        (from, bytes) -> {
          if (set.isEmpty()) {
            posix.mlock(from, bytes);
          } else {
            posix.mlock2(from, bytes, set);
          }
        });
  }

  /** Lets the pages leave memory again. */
  public void unlock() {
    forEachPiece(posix::munlock);
  }

  /**
   * Which pages are in memory: one bit for each page of the size that {@link Posix#pageSize()}
   * tells. Of a file's page it says whether the kernel has it in memory, whoever brought it there;
   * of files that this user could not write, Linux tells nothing.
   */
  public BitSet residentPages() {
    return reading(
        () -> {
          final BitSet all = new BitSet();
          for (Pieces.Piece piece : state.pieces()) {
            final int first = Math.toIntExact(piece.offset() / posix.pageSize());
            posix.mincore(state.address() + piece.offset(), piece.length()).stream()
                .forEach(page -> all.set(first + page));
          }
          return all;
        });
  }

  /** How many bytes are in memory, by {@link #residentPages()}. */
  public long residentBytes() {
    return residentPages().cardinality() * (long) posix.pageSize();
  }

  /**
   * Gives anonymous memory a name, which {@code /proc/PID/maps} shows as {@code [anon:name]}.
   *
   * @param name up to 79 printable characters of ASCII, none of <code>\ ` $ [ ]</code>; empty takes
   *     the name away
   * @throws PosixException with {@link Errno#EINVAL} if this kernel has no names
   */
  public void name(String name) {
    NativeText.requireVmaName(name);
    final String nameOrNull = name.isEmpty() ? null : name;
    forEachPiece((from, bytes) -> posix.prctlSetVmaAnonName(from, bytes, nameOrNull));
  }

  /** Unmaps all that is still mapped, as {@link #unmap()} does; idempotent. */
  @Override
  public void close() {
    underLock(
        lock.writeLock(),
        () -> {
          if (!state.isUnmapped()) {
            state.unmapAll();
          }
          return null;
        });
  }

  /** Such as {@code 8192 bytes at 0x7f0000000000, [READ, WRITE], [PRIVATE, ANONYMOUS]}. */
  @Override
  public String toString() {
    return underLock(
        lock.readLock(),
        () ->
            state.isUnmapped()
                ? "an unmapped mapping"
                : state.length()
                    + " bytes at 0x"
                    + Long.toHexString(state.address())
                    + ", "
                    + new TreeSet<>(state.protection())
                    + ", "
                    + flags);
  }

  /** Lets another mapping take the place of a part, which from then on is no longer this one's. */
  void mapOver(long offset, long length, LongUnaryOperator mmap) {
    writing(() -> state.mapOver(offset, length, mmap));
  }

  private static Set<SyncFlag> syncFlags(SyncFlag... how) {
    return how.length == 0 ? EnumSet.of(SyncFlag.SYNC) : setOf(SyncFlag.class, how);
  }

  private static <E extends Enum<E>> Set<E> setOf(Class<E> kind, E[] constants) {
    final Set<E> set = EnumSet.noneOf(kind);
    set.addAll(Arrays.asList(constants));
    return set;
  }

  /** A system call on one range. */
  @FunctionalInterface
  private interface OnRange {
    void call(long from, long bytes);
  }

  private void forEachPiece(OnRange action) {
    reading(
        () -> {
          for (Pieces.Piece piece : state.pieces()) {
            action.call(state.address() + piece.offset(), piece.length());
          }
          return null;
        });
  }

  private <T> T reading(Supplier<T> action) {
    return underLock(
        lock.readLock(),
        () -> {
          state.requireNotUnmapped();
          return action.get();
        });
  }

  private void writing(Runnable action) {
    underLock(
        lock.writeLock(),
        () -> {
          state.requireNotUnmapped();
          action.run();
          return null;
        });
  }

  private static <T> T underLock(Lock held, Supplier<T> action) {
    held.lock();
    try {
      return action.get();
    } finally {
      held.unlock();
    }
  }
}
