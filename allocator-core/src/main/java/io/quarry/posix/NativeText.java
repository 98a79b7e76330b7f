package io.quarry.posix;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Texts as C has them: bytes that end with a zero. */
final class NativeText {

  /** What the JDK itself turns the names of files into bytes with. */
  private static final Charset FILE_NAMES =
      Charset.forName(System.getProperty("sun.jnu.encoding", StandardCharsets.UTF_8.name()));

  private static final Pattern VMA_NAME = Pattern.compile("[ -~&&[^\\\\`$\\[\\]]]{0,79}");

  private NativeText() {}

  /**
   * The name of a file.
   *
   * @throws IllegalArgumentException if the path is not one of the default file system
   */
  static byte[] path(Path path) {
    if (path.getFileSystem() != FileSystems.getDefault()) {
      throw new IllegalArgumentException(
          "path must lie in the default file system, which the kernel knows, but "
              + path
              + " lies in "
              + path.getFileSystem());
    }
    return terminated(path.toString(), FILE_NAMES);
  }

  /** A text in UTF-8. */
  static byte[] utf8(String text) {
    return terminated(text, StandardCharsets.UTF_8);
  }

  /** Checks what Linux takes for the name of anonymous memory. */
  static void requireVmaName(String name) {
    if (!VMA_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name must be at most 79 printable characters of ASCII, none of \\ ` $ [ ], but is \""
              + name
              + '"');
    }
  }

  private static byte[] terminated(String text, Charset charset) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a name must not contain the character 0");
    }
    final byte[] bytes = text.getBytes(charset);
    return Arrays.copyOf(bytes, bytes.length + 1);
  }
}
