package io.quarry.posix;

import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.TreeSet;

/** The arguments of each call as the text that a {@link PosixException} carries. */
final class Arguments {

  private static final String FLAGS = ", flags=";

  private Arguments() {}

  static String mmap(
      long address,
      long length,
      Set<Protection> protection,
      Set<MapFlag> flags,
      int fileDescriptor,
      long offset) {
    return range(address, length)
        + ", protection="
        + inOrder(protection)
        + FLAGS
        + inOrder(flags)
        + ", fd="
        + fileDescriptor
        + ", offset="
        + offset;
  }

  static String range(long address, long length) {
    return "address=" + hex(address) + ", length=" + length;
  }

  static String mprotect(long address, long length, Set<Protection> protection) {
    return range(address, length) + ", protection=" + inOrder(protection);
  }

  static String madvise(long address, long length, Advice advice) {
    return range(address, length) + ", advice=" + advice;
  }

  static String mremap(
      long oldAddress, long oldLength, long newLength, Set<RemapFlag> flags, long newAddress) {
    return "oldAddress="
        + hex(oldAddress)
        + ", oldLength="
        + oldLength
        + ", newLength="
        + newLength
        + FLAGS
        + inOrder(flags)
        + ", newAddress="
        + hex(newAddress);
  }

  static String msync(long address, long length, Set<SyncFlag> flags) {
    return range(address, length) + FLAGS + inOrder(flags);
  }

  static String mlock2(long address, long length, Set<LockFlag> flags) {
    return range(address, length) + FLAGS + inOrder(flags);
  }

  static String mlockall(Set<LockAllFlag> flags) {
    return "flags=" + inOrder(flags);
  }

  static String open(Path path, Set<OpenFlag> flags, Set<PosixFilePermission> permissions) {
    return "path=" + path + FLAGS + inOrder(flags) + ", permissions=" + inOrder(permissions);
  }

  static String file(int fileDescriptor) {
    return "fd=" + fileDescriptor;
  }

  static String lseek(int fileDescriptor, long offset, Whence whence) {
    return file(fileDescriptor) + ", offset=" + offset + ", whence=" + whence;
  }

  static String ftruncate(int fileDescriptor, long length) {
    return file(fileDescriptor) + ", length=" + length;
  }

  static String fallocate(int fileDescriptor, Set<FallocateFlag> flags, long offset, long length) {
    return file(fileDescriptor)
        + FLAGS
        + inOrder(flags)
        + ", offset="
        + offset
        + ", length="
        + length;
  }

  static String memfdCreate(String name, Set<MemfdFlag> flags) {
    return "name=" + name + FLAGS + inOrder(flags);
  }

  static String seals(int fileDescriptor, Set<Seal> seals) {
    return file(fileDescriptor) + ", F_ADD_SEALS, seals=" + inOrder(seals);
  }

  static String seals(int fileDescriptor) {
    return file(fileDescriptor) + ", F_GET_SEALS";
  }

  static String vmaName(long address, long length, String name) {
    return "PR_SET_VMA, PR_SET_VMA_ANON_NAME, " + range(address, length) + ", name=" + name;
  }

  static String usage(UsageScope scope) {
    return "scope=" + scope;
  }

  private static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }

  /** The caller's set may be of a kind without order; messages should not depend on that. */
  private static <E extends Enum<E>> Set<E> inOrder(Set<E> set) {
    return new TreeSet<>(set);
  }
}
