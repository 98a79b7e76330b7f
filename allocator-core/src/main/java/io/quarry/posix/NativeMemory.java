package io.quarry.posix;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Plain operations on memory outside the Java heap, which need no {@code sun.misc.Unsafe} and, but
 * for {@link #unsafeBuffer}, no JVM flag. Lengths are in bytes.
 *
 * <p><b>Nothing is checked.</b> An address that is not mapped, or a length that runs past the end
 * of a mapping, ends the JVM with a SIGSEGV or damages somebody else's memory. Checking is the work
 * of the layers above.
 *
 * <p>Safe for use by several threads; what two threads do to the same bytes at the same time is as
 * undefined as it is in C. While a call runs, the thread counts as being in native code: a long one
 * does not delay the garbage collector.
 *
 * <p>Every method throws {@link UnsupportedOperationException} where {@link Posix#host()} does.
 */
public final class NativeMemory {

  private NativeMemory() {}

  /**
   * A view of memory, big-endian as that of {@link ByteBuffer#allocateDirect} is. It does not own
   * the memory: to touch the view, or a slice of it, after the memory was unmapped is a SIGSEGV.
   * Costs about a tenth of a microsecond; a slice of an existing view is far cheaper.
   *
   * @param length 0 or more
   */
  public static ByteBuffer byteBuffer(long address, int length) {
    Host.libc(); // Loads jffi, or explains why it cannot be loaded.
    return MemoryIO.getInstance().newDirectByteBuffer(address, length);
  }

  /**
   * An Agrona view of memory. It does not own the memory: to touch it after the memory was unmapped
   * is a SIGSEGV.
   *
   * @param length 0 or more
   * @throws IllegalStateException without the JVM option that Agrona needs; the message names it
   */
  public static UnsafeBuffer unsafeBuffer(long address, int length) {
    AgronaAccess.require();
    return new UnsafeBuffer(address, length);
  }

  /** As {@link #unsafeBuffer}, but every method that writes throws. */
  static UnsafeBuffer readOnlyUnsafeBuffer(long address, int length) {
    AgronaAccess.require();
    return new ReadOnlyUnsafeBuffer(address, length);
  }

  /**
   * Sets every byte of a range.
   *
   * @param length 0 or more; may exceed 2 GiB
   */
  public static void fill(long address, long length, byte value) {
    Host.libc().memset(address, value, length);
  }

  /**
   * Copies a range. The two ranges may overlap: the bytes arrive as they were before the call.
   *
   * @param length 0 or more; may exceed 2 GiB
   */
  public static void copy(long from, long to, long length) {
    Host.libc().memmove(to, from, length);
  }
}
