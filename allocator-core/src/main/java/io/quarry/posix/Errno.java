package io.quarry.posix;

/**
 * The errors that the calls of {@link Posix} are documented to give. The numbers are those of the
 * platform this JVM runs on.
 */
public enum Errno {
  /** Operation not permitted. */
  EPERM(1),
  /** No such file or directory. */
  ENOENT(2),
  /** No such process. */
  ESRCH(3),
  /** Interrupted system call. */
  EINTR(4),
  /** Input or output error. */
  EIO(5),
  /** No such device or address; nothing there to seek to. */
  ENXIO(6),
  /** Bad file descriptor. */
  EBADF(9),
  /** Resource temporarily unavailable. */
  EAGAIN(11, 35),
  /** Cannot allocate memory. */
  ENOMEM(12),
  /** Permission denied. */
  EACCES(13),
  /** Bad address. */
  EFAULT(14),
  /** Device or resource busy. */
  EBUSY(16),
  /** Exists already. */
  EEXIST(17),
  /** No such device. */
  ENODEV(19),
  /** A part of the path is not a directory. */
  ENOTDIR(20),
  /** Is a directory. */
  EISDIR(21),
  /** Invalid argument. */
  EINVAL(22),
  /** Too many open files in the system. */
  ENFILE(23),
  /** Too many open files in this process. */
  EMFILE(24),
  /** Text file busy. */
  ETXTBSY(26),
  /** File too large. */
  EFBIG(27),
  /** No space left on the device. */
  ENOSPC(28),
  /** Not possible on a pipe or socket. */
  ESPIPE(29),
  /** Read-only file system. */
  EROFS(30),
  /** Name too long. */
  ENAMETOOLONG(36, 63),
  /** Function not implemented. */
  ENOSYS(38, 78),
  /** Too many symbolic links. */
  ELOOP(40, 62),
  /** Value too large. */
  EOVERFLOW(75, 84),
  /** Operation not supported. */
  EOPNOTSUPP(95, 102),
  /** Any other error; {@link PosixException#errno()} has its number. */
  UNKNOWN(0);

  private static final Errno[] VALUES = values();

  private final int linux;
  private final int macOs;

  Errno(int everywhere) {
    this(everywhere, everywhere);
  }

  Errno(int linux, int macOs) {
    this.linux = linux;
    this.macOs = macOs;
  }

  /** The number of this error on the present platform; 0 for {@link #UNKNOWN}. */
  public int number() {
    return number(Platform.isMacOs(System.getProperty("os.name", "")));
  }

  /**
   * The error with this number on the present platform, {@link #UNKNOWN} if it is none of these.
   */
  public static Errno of(int number) {
    return of(number, Platform.isMacOs(System.getProperty("os.name", "")));
  }

  int number(boolean onMacOs) {
    return onMacOs ? macOs : linux;
  }

  static Errno of(int number, boolean onMacOs) {
    for (Errno error : VALUES) {
      if (error.number(onMacOs) == number) {
        return error;
      }
    }
    return UNKNOWN;
  }
}
