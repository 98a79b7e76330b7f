package io.quarry.allocator;

import io.quarry.allocator.InvalidOffsetException.Reason;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.region.AttachedFile;
import io.quarry.region.Geometry;
import io.quarry.region.SharedLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The blocks of an allocator of another process, by {@linkplain SlabAllocator#offsetOf offset}.
 *
 * <p><b>What it does.</b> It maps the file that the allocator {@linkplain Backing stands on},
 * follows its growth, and gives views of blocks. The owner's process keeps a table in the file of
 * what lies where, so a wrong offset is an {@link InvalidOffsetException}: one outside the file,
 * one where no slab is at the moment, one inside a block, and a range that reaches beyond its
 * block.
 *
 * <p><b>What it does not do.</b> It does not allocate and does not free: which blocks are live is
 * known to the owner's Java heap only. So it <em>cannot tell whether a block is live</em>. An
 * offset that is out of date, of a block that was freed meanwhile, passes if another block starts
 * there today, or if none was issued there since. It keeps nobody from freeing or moving a block
 * that is being looked at here: the two programs have to agree on who frees what and when, and
 * {@code realloc} and compaction change a block's offset as they change its address. It orders
 * nothing: what one process writes is seen by the other for certain only if something both use,
 * such as the message that brings the offset, comes in between. It does not notice when the owner's
 * process dies; the contents stay readable then.
 *
 * <p>A view stays valid until {@link #close()}, also after the owner has closed its allocator. A
 * view of a block that was freed shows zeros or what came there since, and never ends the JVM; to
 * touch it may bring a page back into memory that the owner has given back. To touch a view after
 * {@code close()} may end the JVM, and so does touching one after somebody has shortened a backing
 * file, which no allocator does.
 *
 * <p>All methods may be called by any thread; {@link #close()} must not run while another thread is
 * in the middle of a call or still touches a view.
 */
public final class SharedBlocks implements AutoCloseable {
  private final AttachedFile file;
  private final Path path;
  private volatile boolean closed;

  private SharedBlocks(final AttachedFile file, final Path path) {
    this.file = file;
    this.path = path;
  }

  /**
   * Attaches to an allocator's blocks, to read them.
   *
   * @param path what {@link SlabAllocator#backingPath()} says in the owner's process
   * @throws IllegalArgumentException if that is no file of an allocator, or of another version of
   *     this library
   * @throws PosixException if the kernel refuses to open or to map it
   * @throws UnsupportedOperationException where Quarry does not run
   */
  public static SharedBlocks attach(final Path path) {
    return new SharedBlocks(AttachedFile.open(Posix.host(), path, false), path);
  }

  /**
   * Attaches to an allocator's blocks, to read and to write them; otherwise as {@link #attach}. A
   * write to a block that was freed damages whoever has its memory next, even one that {@code
   * calloc} gave out as zero.
   */
  public static SharedBlocks attachForWriting(final Path path) {
    return new SharedBlocks(AttachedFile.open(Posix.host(), path, true), path);
  }

  /**
   * The usable size of the block that starts at an offset, in bytes.
   *
   * @throws InvalidOffsetException if no block can start there
   * @throws IllegalStateException if this, or the owner's allocator, is closed
   */
  public long usableSize(final long offset) {
    return blockBytesAt(offset, "usableSize");
  }

  /**
   * A view of the beginning of a block, or all of it; big-endian, as all new buffers are. Read-only
   * unless attached for writing. Needs no JVM option.
   *
   * @param offset the start of a block
   * @param length bytes, to the end of the block at most
   * @throws InvalidOffsetException if no block can start there, or it is shorter
   * @throws IllegalStateException if this, or the owner's allocator, is closed
   */
  public ByteBuffer byteBuffer(final long offset, final int length) {
    return byteBuffer(offset, 0, length);
  }

  /**
   * As {@link #byteBuffer(long, int)}, of any part of a block: for those that no one buffer can
   * span.
   *
   * @param from where in the block the view begins, in bytes
   */
  public ByteBuffer byteBuffer(final long offset, final long from, final int length) {
    final ByteBuffer view = Views.byteBuffer(addressOf(offset, from, length, "byteBuffer"), length);
    return file.isWritable() ? view : view.asReadOnlyBuffer();
  }

  /**
   * An Agrona view for reading of the beginning of a block, or all of it.
   *
   * @param offset the start of a block
   * @param length bytes, to the end of the block at most
   * @throws InvalidOffsetException if no block can start there, or it is shorter
   * @throws IllegalStateException if the JVM was started without {@code
   *     --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED}, which Agrona needs; or if this, or
   *     the owner's allocator, is closed
   */
  public DirectBuffer buffer(final long offset, final int length) {
    return NativeMemory.unsafeBuffer(addressOf(offset, 0, length, "buffer"), length);
  }

  /**
   * An Agrona view for reading and writing; otherwise as {@link #buffer}. Agrona knows no read-only
   * memory: that is why there are two.
   *
   * @throws UnsupportedOperationException if this was not attached for writing
   */
  public UnsafeBuffer writableBuffer(final long offset, final int length) {
    if (!file.isWritable()) {
      throw new UnsupportedOperationException(
          path + " was attached for reading: use buffer, or attachForWriting");
    }
    return NativeMemory.unsafeBuffer(addressOf(offset, 0, length, "writableBuffer"), length);
  }

  /** Whether the owner has closed its allocator: from then on there are no new views. */
  public boolean isClosedByOwner() {
    checkOpen();
    return file.isClosedByOwner();
  }

  /**
   * Unmaps everything; every view becomes invalid. Idempotent: what the kernel would not unmap is
   * tried again by the next call.
   *
   * @throws PosixException if it kept some of it
   */
  @Override
  public synchronized void close() {
    closed = true;
    file.close();
  }

  // --- checking ----------------------------------------------------------------------------------

  private long addressOf(final long offset, final long from, final int length, final String call) {
    if (length < 0) {
      throw new IllegalArgumentException("length " + length + ": expected 0 or more bytes");
    }
    while (true) {
      final long blockBytes = blockBytesAt(offset, call);
      if (from < 0 || length > blockBytes - from) {
        throw invalid(
            Reason.BEYOND_BLOCK,
            offset,
            call,
            from + " to " + (from + length) + " of a block of " + blockBytes + " bytes");
      }
      final long address = file.addressOf(offset, blockBytes);
      if (address == 0) {
        throw invalid(Reason.OUTSIDE, offset, call, "the file was shortened");
      }
      // If the slab went while its memory was being mapped, look again.
      if (blockBytesAt(offset, call) == blockBytes) {
        return address + from;
      }
    }
  }

  /** The size of the block that starts at an offset, if one can. */
  private long blockBytesAt(final long offset, final String call) {
    checkUsable();
    final long entry = file.entryAt(offset);
    if (entry == 0) {
      throw noSlabAt(offset, call);
    }
    final long granuleStart = offset & -Geometry.GRANULE_BYTES;
    final long slabStart = granuleStart - Geometry.bytesOf(SharedLayout.granulesBefore(entry));
    final long inSlab = offset - slabStart;
    final long blockBytes = SharedLayout.pieceBytesOf(entry);
    final long inBlock = inSlab % blockBytes;
    final long slabBytes = Geometry.bytesOf(SharedLayout.granulesOf(entry));
    if (blockBytes > slabBytes - (inSlab - inBlock)) {
      throw invalid(
          Reason.NO_BLOCK,
          offset,
          call,
          "in the unused end of a slab of " + slabBytes + " bytes, for blocks of " + blockBytes);
    }
    if (inBlock != 0) {
      throw invalid(
          Reason.INTERIOR,
          offset,
          call,
          inBlock + " bytes into a block of " + blockBytes + "; pass what offsetOf returned");
    }
    return blockBytes;
  }

  private InvalidOffsetException noSlabAt(final long offset, final String call) {
    final long fileBytes = file.bytes();
    if (offset < SharedLayout.RANGES_OFFSET || offset >= fileBytes) {
      return invalid(
          Reason.OUTSIDE,
          offset,
          call,
          "blocks lie from " + SharedLayout.RANGES_OFFSET + " to " + fileBytes);
    }
    return invalid(
        Reason.NO_BLOCK,
        offset,
        call,
        "no slab is there now; was the block freed, and its memory returned?");
  }

  private InvalidOffsetException invalid(
      final Reason reason, final long offset, final String call, final String what) {
    return new InvalidOffsetException(
        reason, offset, call + "(" + offset + ") in " + path + ": " + what);
  }

  private void checkUsable() {
    checkOpen();
    if (file.isClosedByOwner()) {
      throw new IllegalStateException(
          path + ": the owner has closed its allocator; views made before stay readable");
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("closed: attach to " + path + " again");
    }
  }
}
