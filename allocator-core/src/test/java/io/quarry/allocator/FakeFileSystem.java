package io.quarry.allocator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory made to look like {@code /proc} and {@code /sys} of some machine. */
final class FakeFileSystem {

  static final long MIB = 1L << 20;
  static final long GIB = 1L << 30;

  /** What version 1 writes for "no limit" with pages of 4 KiB. */
  static final String VERSION_1_NONE = "9223372036854771712";

  static final String VERSION_2_MOUNT =
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
  static final String VERSION_1_MOUNT =
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n";

  private static final String OTHER_MOUNTS =
      """
      22 27 0:21 / /proc rw,relatime - proc proc rw
      23 27 0:22 / /sys rw,relatime - sysfs sysfs rw
      31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
      32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
      """;

  private final Path root;

  FakeFileSystem(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  FakeFileSystem write(String absolutePath, String contents) {
    return write(absolutePath, contents.getBytes(StandardCharsets.UTF_8));
  }

  FakeFileSystem write(String absolutePath, long number) {
    return write(absolutePath, number + "\n");
  }

  FakeFileSystem write(String absolutePath, byte[] contents) {
    final Path file = root.resolve(absolutePath.substring(1));
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, contents);
    } catch (final IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  FakeFileSystem group(String lines) {
    return write("/proc/self/cgroup", lines);
  }

  FakeFileSystem mounts(String lines) {
    return write("/proc/self/mountinfo", OTHER_MOUNTS + lines);
  }

  FakeFileSystem machine(long totalBytes, long availableBytes) {
    return write(
        "/proc/meminfo",
        "MemTotal:       %d kB\nMemFree:        %d kB\nMemAvailable:   %d kB\n"
            .formatted(totalBytes / 1024, availableBytes / 2048, availableBytes / 1024));
  }
}
