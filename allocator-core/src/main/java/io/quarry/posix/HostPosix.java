package io.quarry.posix;

import io.quarry.posix.libc.LibC;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
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

  private static final int F_ADD_SEALS = 1033;
  private static final int F_GET_SEALS = 1034;
  private static final int PR_SET_VMA = 0x53564d41;
  private static final long PR_SET_VMA_ANON_NAME = 0;
  private static final int OWNER_READ_BIT = 0400;

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
  public void msync(long address, long length, Set<SyncFlag> flags) {
    if (libc.msync(address, length, constants.bits(flags)) == FAILED) {
      throw failure("msync", Arguments.msync(address, length, flags));
    }
  }

  @Override
  public void mlock(long address, long length) {
    if (libc.mlock(address, length) == FAILED) {
      throw failure("mlock", Arguments.range(address, length));
    }
  }

  @Override
  public void mlock2(long address, long length, Set<LockFlag> flags) {
    requireLinux("mlock2", LockFlag.ONFAULT);
    if (libc.mlock2(address, length, constants.bits(flags)) == FAILED) {
      throw failure("mlock2", Arguments.mlock2(address, length, flags));
    }
  }

  @Override
  public void munlock(long address, long length) {
    if (libc.munlock(address, length) == FAILED) {
      throw failure("munlock", Arguments.range(address, length));
    }
  }

  @Override
  public void mlockall(Set<LockAllFlag> flags) {
    if (libc.mlockall(constants.bits(flags)) == FAILED) {
      throw failure("mlockall", Arguments.mlockall(flags));
    }
  }

  @Override
  public void munlockall() {
    if (libc.munlockall() == FAILED) {
      throw failure("munlockall", "");
    }
  }

  @Override
  public int open(Path path, Set<OpenFlag> flags, Set<PosixFilePermission> permissions) {
    final int fileDescriptor =
        libc.open(NativeText.path(path), constants.bits(flags), mode(permissions));
    if (fileDescriptor == FAILED) {
      throw failure("open", Arguments.open(path, flags, permissions));
    }
    return fileDescriptor;
  }

  @Override
  public void close(int fileDescriptor) {
    if (libc.close(fileDescriptor) == FAILED) {
      throw failure("close", Arguments.file(fileDescriptor));
    }
  }

  @Override
  public long lseek(int fileDescriptor, long offset, Whence whence) {
    final long position = libc.lseek(fileDescriptor, offset, constants.value(whence));
    if (position == FAILED) {
      throw failure("lseek", Arguments.lseek(fileDescriptor, offset, whence));
    }
    return position;
  }

  @Override
  public void ftruncate(int fileDescriptor, long length) {
    if (libc.ftruncate(fileDescriptor, length) == FAILED) {
      throw failure("ftruncate", Arguments.ftruncate(fileDescriptor, length));
    }
  }

  @Override
  public void fallocate(int fileDescriptor, Set<FallocateFlag> flags, long offset, long length) {
    requireLinux("fallocate", FallocateFlag.KEEP_SIZE);
    if (libc.fallocate(fileDescriptor, constants.bits(flags), offset, length) == FAILED) {
      throw failure("fallocate", Arguments.fallocate(fileDescriptor, flags, offset, length));
    }
  }

  @Override
  public int memfdCreate(String name, Set<MemfdFlag> flags) {
    requireLinux("memfd_create", MemfdFlag.CLOEXEC);
    final int fileDescriptor = libc.memfd_create(NativeText.utf8(name), constants.bits(flags));
    if (fileDescriptor == FAILED) {
      throw failure("memfd_create", Arguments.memfdCreate(name, flags));
    }
    return fileDescriptor;
  }

  @Override
  public void fcntlAddSeals(int fileDescriptor, Set<Seal> seals) {
    requireLinux("fcntl(F_ADD_SEALS)", Seal.SEAL);
    if (libc.fcntl(fileDescriptor, F_ADD_SEALS, constants.bits(seals)) == FAILED) {
      throw failure("fcntl", Arguments.seals(fileDescriptor, seals));
    }
  }

  @Override
  public Set<Seal> fcntlGetSeals(int fileDescriptor) {
    requireLinux("fcntl(F_GET_SEALS)", Seal.SEAL);
    final int seals = libc.fcntl(fileDescriptor, F_GET_SEALS, 0);
    if (seals == FAILED) {
      throw failure("fcntl", Arguments.seals(fileDescriptor));
    }
    return constants.setOf(Seal.class, seals);
  }

  @Override
  public void prctlSetVmaAnonName(long address, long length, String name) {
    requireLinux("prctl(PR_SET_VMA)", Seal.SEAL);
    final byte[] bytes = name == null ? null : NativeText.utf8(name);
    if (libc.prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, address, length, bytes) == FAILED) {
      throw failure("prctl", Arguments.vmaName(address, length, name));
    }
  }

  @Override
  public ResourceUsage getrusage(UsageScope scope) {
    final long[] usage = new long[ResourceUsage.NATIVE_WORDS];
    if (libc.getrusage(constants.value(scope), usage) == FAILED) {
      throw failure("getrusage", Arguments.usage(scope));
    }
    return ResourceUsage.of(usage, constants.maxResidentUnitBytes());
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  /** The bits of {@code mode_t}: nine, from the owner's reading down to others' executing. */
  private static int mode(Set<PosixFilePermission> permissions) {
    int mode = 0;
    for (PosixFilePermission permission : permissions) {
      mode |= OWNER_READ_BIT >> permission.ordinal();
    }
    return mode;
  }

  /** Whether a call exists is known by a constant that only it has a use for. */
  private void requireLinux(String call, Enum<?> constant) {
    if (!constants.has(constant)) {
      throw new UnsupportedOperationException(call + " exists on Linux only");
    }
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
