package io.quarry.posix;

/** Arithmetic on ranges of pages, and the sentences for arguments that make no such range. */
final class Pages {

  /** Beyond this, sums could overflow; no address space is nearly as large. */
  private static final long MAX_LENGTH = 1L << 62;

  private Pages() {}

  /** The next multiple of the page size, a power of two. */
  static long roundUp(long length, long pageBytes) {
    return (length + pageBytes - 1) & -pageBytes;
  }

  /** Checks the length of a whole mapping, and rounds it up to pages. */
  static long requireLength(String name, long length, long pageBytes) {
    if (length < 1 || length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          name + " must be at least 1 byte and at most 2^62, but is " + length);
    }
    return roundUp(length, pageBytes);
  }

  /** Checks that an argument is a multiple of the page size, and not negative. */
  static void requireMultiple(String name, long value, long pageBytes) {
    if (value < 0 || value % pageBytes != 0) {
      throw new IllegalArgumentException(
          name
              + " must be a multiple of the page size, "
              + pageBytes
              + ", and not negative, but is "
              + value);
    }
  }

  /** Checks that a range of bytes lies within a mapping. */
  static void requireWithin(long offset, long length, long mappingLength) {
    if (offset < 0 || length < 0 || offset > mappingLength - length) {
      throw new IndexOutOfBoundsException(
          "offset "
              + offset
              + " and length "
              + length
              + " are no range within the mapping, which has "
              + mappingLength
              + " bytes");
    }
  }

  /** Checks that a range consists of pages of a mapping, and rounds its length up to them. */
  static long requirePart(long offset, long length, long mappingLength, long pageBytes) {
    requireWithin(offset, length, mappingLength);
    requireMultiple("offset", offset, pageBytes);
    if (length == 0 || length % pageBytes != 0 && offset + length != mappingLength) {
      throw new IllegalArgumentException(
          "length must be a multiple of the page size, "
              + pageBytes
              + ", and not 0, or reach to the end of the mapping of "
              + mappingLength
              + " bytes, but is "
              + length);
    }
    return roundUp(length, pageBytes);
  }

  /** The length of a view of all of a mapping. */
  static int viewLength(long length) {
    if (length > Integer.MAX_VALUE) {
      throw new IllegalStateException(
          "a view has at most 2147483647 bytes, but this mapping has "
              + length
              + ": make views of its parts, with an offset and a length");
    }
    return (int) length;
  }
}
