package io.quarry.posix;

import java.util.Set;
import java.util.TreeSet;

/** The arguments of each call as the text that a {@link PosixException} carries. */
final class Arguments {

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
        + ", flags="
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
        + ", flags="
        + inOrder(flags)
        + ", newAddress="
        + hex(newAddress);
  }

  private static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }

  /** The caller's set may be of a kind without order; messages should not depend on that. */
  private static <E extends Enum<E>> Set<E> inOrder(Set<E> set) {
    return new TreeSet<>(set);
  }
}
