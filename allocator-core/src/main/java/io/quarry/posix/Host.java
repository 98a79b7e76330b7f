package io.quarry.posix;

import io.quarry.posix.libc.LibC;
import jnr.ffi.LibraryLoader;

/**
 * The C library of the process, loaded once. A failure is kept and thrown at every use: left to
 * class initialisation, it would be a bare {@code NoClassDefFoundError} from the second use on.
 */
final class Host {

  private static final Platform PLATFORM;
  private static final LibC LIBC;
  private static final UnsupportedOperationException FAILURE;

  static {
    Platform platform = null;
    LibC libc = null;
    UnsupportedOperationException failure = null;
    try {
      platform = Platform.of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
      libc = load();
    } catch (UnsupportedOperationException e) {
      failure = e;
    }
    PLATFORM = platform;
    LIBC = libc;
    FAILURE = failure;
  }

  private Host() {}

  /**
   * The C library.
   *
   * @throws UnsupportedOperationException if there is none; the message says what to do
   */
  static LibC libc() {
    if (LIBC == null) {
      // A fresh one, so that its stack trace is that of the caller.
      throw new UnsupportedOperationException(FAILURE.getMessage(), FAILURE);
    }
    return LIBC;
  }

  /** The platform; to be asked for only after {@link #libc()} has answered. */
  static Platform platform() {
    return PLATFORM;
  }

  private static LibC load() {
    try {
      // By default a failed load gives an object whose every method throws.
      return LibraryLoader.create(LibC.class).failImmediately().load("c");
    } catch (NoClassDefFoundError e) {
      throw Platform.classMissing(e);
    } catch (LinkageError | RuntimeException e) {
      throw Platform.nativePartMissing(extractDirectory(), e);
    }
  }

  private static String extractDirectory() {
    return System.getProperty("jffi.extract.dir", System.getProperty("java.io.tmpdir"));
  }
}
