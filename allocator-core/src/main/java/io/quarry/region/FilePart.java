package io.quarry.region;

import io.quarry.posix.Advice;
import io.quarry.posix.MapFlag;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.Protection;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.Set;

/**
 * A part of a file, mapped shared, as an array of longs in the byte order of the machine. Positions
 * are in bytes, multiples of 8. Safe for use by several threads until it is unmapped; to touch it
 * after that is a SIGSEGV.
 */
final class FilePart {
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final Set<MapFlag> SHARED = EnumSet.of(MapFlag.SHARED);
  private static final Set<Protection> READ = EnumSet.of(Protection.READ);
  private static final Set<Protection> READ_WRITE = EnumSet.of(Protection.READ, Protection.WRITE);

  private final long address;
  private final ByteBuffer bytes;

  private FilePart(final long address, final ByteBuffer bytes) {
    this.address = address;
    this.bytes = bytes;
  }

  /** Maps a part of a file for whoever only reads it. */
  static FilePart readOnly(
      final Posix posix, final int fileDescriptor, final long offset, final int length) {
    return map(posix, fileDescriptor, offset, length, READ);
  }

  /** Maps a part of a file for its owner. */
  static FilePart writable(
      final Posix posix, final int fileDescriptor, final long offset, final int length) {
    return map(posix, fileDescriptor, offset, length, READ_WRITE);
  }

  private static FilePart map(
      final Posix posix,
      final int fileDescriptor,
      final long offset,
      final int length,
      final Set<Protection> protection) {
    final long address = posix.mmap(0, length, protection, SHARED, fileDescriptor, offset);
    boolean made = false;
    try {
      avoidHugePages(posix, address, length);
      final FilePart part = new FilePart(address, NativeMemory.byteBuffer(address, length));
      made = true;
      return part;
    } finally {
      if (!made) {
        posix.munmap(address, length); // no room on the Java heap
      }
    }
  }

  /** One huge page would be many times what is kept here, or given back elsewhere. */
  static void avoidHugePages(final Posix posix, final long address, final long length) {
    try {
      posix.madvise(address, length, Advice.NOHUGEPAGE);
    } catch (final PosixException withoutHugePages) {
      // Then there is nothing to avoid.
    }
  }

  long getAcquire(final int position) {
    return (long) LONGS.getAcquire(bytes, position);
  }

  void setRelease(final int position, final long value) {
    LONGS.setRelease(bytes, position, value);
  }

  void unmap(final Posix posix) {
    posix.munmap(address, bytes.capacity());
  }
}
