package io.quarry.posix;

import java.util.Locale;

/** The platforms that Quarry has constants for, and the sentences for all others. */
enum Platform {
  LINUX(NativeConstants.LINUX),
  MACOS(NativeConstants.MACOS);

  private static final String WHERE_IT_RUNS =
      "Linux on x86-64 or AArch64 (best), or macOS, with a 64-bit JVM";

  private final NativeConstants constants;

  Platform(NativeConstants constants) {
    this.constants = constants;
  }

  NativeConstants constants() {
    return constants;
  }

  /**
   * The platform with these names, as {@code os.name} and {@code os.arch} give them.
   *
   * @throws UnsupportedOperationException if it is none of them; the message says what to do
   */
  static Platform of(String osName, String osArch) {
    if (osName.startsWith("Windows")) {
      throw new UnsupportedOperationException(
          "Quarry needs the system call mmap, which "
              + osName
              + " does not have: run it in WSL 2, in a Linux container, or on "
              + WHERE_IT_RUNS
              + '.');
    }
    final boolean linux = osName.equals("Linux");
    if (isKnown64Bit(osArch) && (linux || isMacOs(osName))) {
      return linux ? LINUX : MACOS;
    }
    throw new UnsupportedOperationException(
        "Quarry does not know the system calls of "
            + osName
            + " on "
            + osArch
            + ": run it on "
            + WHERE_IT_RUNS
            + '.');
  }

  static boolean isMacOs(String osName) {
    return osName.startsWith("Mac OS") || osName.equals("Darwin");
  }

  /** The exception for a JVM that was started without all of jnr-ffi. */
  static UnsupportedOperationException classMissing(NoClassDefFoundError cause) {
    return new UnsupportedOperationException(
        "Quarry calls the operating system through jnr-ffi, of which the class "
            + cause.getMessage()
            + " is missing: put jnr-ffi and all that it depends on on the class path or the module"
            + " path.",
        cause);
  }

  /** The exception for a host where the native part of jnr-ffi cannot be loaded. */
  static UnsupportedOperationException nativePartMissing(String directory, Throwable cause) {
    return new UnsupportedOperationException(
        "Quarry calls the operating system through jnr-ffi, whose native library could not be"
            + " loaded: it is unpacked into "
            + directory
            + " first, so if that directory is missing, read-only or mounted noexec, name another"
            + " one with -Djffi.extract.dir=<directory>.",
        cause);
  }

  private static boolean isKnown64Bit(String osArch) {
    return switch (osArch.toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64", "aarch64", "arm64" -> true;
      default -> false;
    };
  }
}
