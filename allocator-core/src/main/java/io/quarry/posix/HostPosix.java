package io.quarry.posix;

import io.quarry.posix.libc.LibC;
import java.util.BitSet;
import java.util.Set;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/** The kernel this JVM runs on, through jnr-ffi. Stateless, so safe for use by several threads. */
final class HostPosix implements Posix {

  /** Pages that one {@code mincore} call reports on; bounds the size of its result array. */
  private static final int MINCORE_PAGES = 1 << 16;

  /** What every call returns to say that it failed, as a pointer or as an int. */
  private static final long FAILED = -1;

  private final LibC libc;
  private final Runtime runtime;
  private final NativeConstants constants;
  private final int pageSize;

  private HostPosix(LibC libc, NativeConstants constants) {
    this.libc = libc;
    this.runtime = Runtime.getRuntime(libc);
    this.constants = constants;
    this.pageSize = Math.toIntExact(libc.sysconf(constants.sysconfPageSize()));
  }

  /** The only instance; {@link Posix#host()} says what it throws. */
  static Posix instance() {
    Host.libc(); // Throws the sentence that explains a failure, before a class initialiser can.
    return Holder.INSTANCE;
  }

  @Override
  public long mmap(
      long address,
      long length,
      Set<Protection> protection,
      Set<MapFlag> flags,
      int fileDescriptor,
      long offset) {
    final long result =
        libc.mmap(
            pointer(address),
            length,
            constants.bits(protection),
            constants.bits(flags),
            fileDescriptor,
            offset);
    if (result == FAILED) {
      throw failure(
          "mmap", Arguments.mmap(address, length, protection, flags, fileDescriptor, offset));
    }
    return result;
  }

  @Override
  public void munmap(long address, long length) {
    if (libc.munmap(address, length) == FAILED) {
      throw failure("munmap", Arguments.range(address, length));
    }
  }

  @Override
  public void mprotect(long address, long length, Set<Protection> protection) {
    if (libc.mprotect(address, length, constants.bits(protection)) == FAILED) {
      throw failure("mprotect", Arguments.mprotect(address, length, protection));
    }
  }

  @Override
  public void madvise(long address, long length, Advice advice) {
    if (libc.madvise(address, length, constants.value(advice)) == FAILED) {
      throw failure("madvise", Arguments.madvise(address, length, advice));
    }
  }

  @Override
  public long mremap(
      long oldAddress, long oldLength, long newLength, Set<RemapFlag> flags, long newAddress) {
    if (!constants.has(RemapFlag.MAYMOVE)) {
      throw new UnsupportedOperationException(
          "mremap exists on Linux only: map anew, copy and unmap instead.");
    }
    final long result =
        libc.mremap(
            pointer(oldAddress), oldLength, newLength, constants.bits(flags), pointer(newAddress));
    if (result == FAILED) {
      throw failure(
          "mremap", Arguments.mremap(oldAddress, oldLength, newLength, flags, newAddress));
    }
    return result;
  }

  @Override
  public BitSet mincore(long address, long length) {
    final long pages = length / pageSize + (length % pageSize == 0 ? 0 : 1);
    final BitSet resident = new BitSet();
    final byte[] vector = new byte[(int) Math.max(1, Math.min(pages, MINCORE_PAGES))];
    final long step = (long) vector.length * pageSize;
    long done = 0;
    do {
      final long part = Math.min(step, length - done);
      if (libc.mincore(address + done, part, vector) == FAILED) {
        throw failure("mincore", Arguments.range(address, length));
      }
      final int firstPage = Math.toIntExact(done / pageSize);
      for (int page = 0; (long) page * pageSize < part; page++) {
        if ((vector[page] & 1) != 0) {
          resident.set(firstPage + page);
        }
      }
      done += step;
    } while (done < length);
    return resident;
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  private Pointer pointer(long address) {
    return Pointer.wrap(runtime, address);
  }

  /** To be called at once after a failure: errno is what the thread's last call left there. */
  private PosixException failure(String call, String arguments) {
    return new PosixException(call, arguments, runtime.getLastError());
  }

  private static final class Holder {
    static final Posix INSTANCE = new HostPosix(Host.libc(), Host.platform().constants());
  }
}
