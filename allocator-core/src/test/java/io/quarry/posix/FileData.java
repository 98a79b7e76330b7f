package io.quarry.posix;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** How much of a sparse file is data. */
public final class FileData {

  private FileData() {}

  /** The bytes of a file that are not in a hole. */
  public static long bytes(Path path) {
    final Posix posix = Posix.host();
    final int file = posix.open(path, EnumSet.of(OpenFlag.RDONLY, OpenFlag.CLOEXEC), Set.of());
    try {
      long bytes = 0;
      long data = next(posix, file, 0);
      while (data >= 0) {
        final long hole = posix.lseek(file, data, Whence.HOLE);
        bytes += hole - data;
        data = next(posix, file, hole);
      }
      return bytes;
    } finally {
      posix.close(file);
    }
  }

  private static long next(Posix posix, int file, long from) {
    try {
      return posix.lseek(file, from, Whence.DATA);
    } catch (PosixException refused) {
      if (refused.error() == Errno.ENXIO) {
        return -1; // nothing but a hole from there on
      }
      throw refused;
    }
  }
}
