package io.quarry.posix;

/**
 * The kernel refused a call. The message names the call, its arguments and the error, for instance
 * {@code munmap(address=0x1000, length=0): EINVAL (22); ...}, and ends with what the error commonly
 * means for that call. Nothing has changed, except where the manual page of the call says
 * otherwise.
 *
 * <p>Immutable, but for what every {@link Throwable} lets one add.
 */
public class PosixException extends RuntimeException {

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
    this(call, arguments, errno, ErrorHints.of(call, Errno.of(errno)));
  }

  /** An exception that explains the error in words of its own. */
  PosixException(String call, String arguments, int errno, String explanation) {
    super(message(call, arguments, errno, explanation));
    this.call = call;
    this.arguments = arguments;
    this.errno = errno;
  }

  /** The name of the call, such as {@code "mmap"}. */
  public final String call() {
    return call;
  }

  /** The arguments as text, such as {@code "address=0x7f0000000000, length=65536"}. */
  public final String arguments() {
    return arguments;
  }

  /** The error number that the call left behind. */
  public final int errno() {
    return errno;
  }

  /** The name of the error. */
  public final Errno error() {
    return Errno.of(errno);
  }

  private static String message(String call, String arguments, int errno, String explanation) {
    return call
        + '('
        + arguments
        + "): "
        + Errno.of(errno)
        + " ("
        + errno
        + ')'
        + (explanation.isEmpty() ? "" : "; " + explanation);
  }
}
