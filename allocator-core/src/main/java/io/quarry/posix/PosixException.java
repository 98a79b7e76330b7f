package io.quarry.posix;

/**
 * The kernel refused a call. The message names the call, its arguments and the error, for instance
 * {@code munmap(address=0x1000, length=0): EINVAL (22); ...}, and ends with what the error commonly
 * means for that call. Nothing has changed, except where the manual page of the call says
 * otherwise.
 *
 * <p>Immutable, but for what every {@link Throwable} lets one add.
 */
public final class PosixException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String call;
  private final String arguments;
  private final int errno;

  /**
   * An exception as {@link Posix#host()} throws it; public so that other implementations can throw
   * it as well.
   *
   * @param call the name of the call, such as {@code "mmap"}
   * @param arguments its arguments as text, addresses in hexadecimal, flags by name
   * @param errno the error number, such as {@code Errno.ENOMEM.number()}
   */
  public PosixException(String call, String arguments, int errno) {
    super(message(call, arguments, errno));
    this.call = call;
    this.arguments = arguments;
    this.errno = errno;
  }

  /** The name of the call, such as {@code "mmap"}. */
  public String call() {
    return call;
  }

  /** The arguments as text, such as {@code "address=0x7f0000000000, length=65536"}. */
  public String arguments() {
    return arguments;
  }

  /** The error number that the call left behind. */
  public int errno() {
    return errno;
  }

  /** The name of the error. */
  public Errno error() {
    return Errno.of(errno);
  }

  private static String message(String call, String arguments, int errno) {
    final Errno error = Errno.of(errno);
    final String hint = ErrorHints.of(call, error);
    return call
        + '('
        + arguments
        + "): "
        + error
        + " ("
        + errno
        + ')'
        + (hint.isEmpty() ? "" : "; " + hint);
  }
}
