package io.quarry.allocator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory limits that Linux control groups put on this process: versions 1 and 2, and both side
 * by side. Whatever is absent, unreadable or makes no sense sets no limit; nothing here throws.
 *
 * <p>Not safe for use by several threads, which cannot happen: an instance lives in one call.
 */
final class CgroupMemory {
  /*
   * /proc/self/cgroup says which group the process is in, /proc/self/mountinfo where hierarchies of
   * groups can be read. A container often sees only a part: the mount's root is then a group
   * further down, and the process's group is below the mount at its path less that root. All groups
   * from there up to the mount are asked, as a parent's limit binds its children whatever they say.
   *
   * Version 2 has two limits. Beyond memory.max the kernel kills. Beyond memory.high it throttles a
   * process until it has given memory back, which for anonymous memory without swap means that it
   * hardly runs at all; so memory.high is a limit as well, and systemd's MemoryHigh= sets it.
   *
   * Version 1 has one, memory.limit_in_bytes. Its memory.soft_limit_in_bytes only matters while
   * the whole machine is short of memory, and is not asked. Where a parent's memory.use_hierarchy
   * is 0 its limit does not bind the children. The kernel's own smallest value up the hierarchy,
   * also of parents that a container does not see, stands in memory.stat.
   *
   * In a hybrid setup the memory controller is in one of the versions and has no files in the
   * other, so that both can simply be asked.
   */

  /** A limit in bytes, and the file that it was read from. */
  record Limit(long bytes, String file) {}

  /** Where a hierarchy, or the part of it below the group {@code root}, is mounted. */
  private record Mount(boolean version2, String root, String point) {}

  /**
   * Version 1 writes "no limit" as the largest number of bytes in whole pages, which depends on the
   * page size; no machine comes near this one.
   */
  private static final long UNLIMITED = 1L << 60;

  private static final Pattern OCTAL_ESCAPE = Pattern.compile("\\\\([0-7]{3})");

  private final Path fileSystemRoot;
  private Limit smallest;

  private CgroupMemory(Path fileSystemRoot) {
    this.fileSystemRoot = fileSystemRoot;
  }

  /**
   * The smallest limit from this process's own groups up to the topmost ones that can be seen.
   *
   * @param fileSystemRoot the directory that holds {@code proc} and {@code sys}
   */
  static Optional<Limit> smallestLimit(Path fileSystemRoot) {
    final CgroupMemory groups = new CgroupMemory(fileSystemRoot);
    final List<Mount> mounts = groups.mounts();
    groups.consider(mounts, true);
    groups.consider(mounts, false);
    return Optional.ofNullable(groups.smallest);
  }

  private void consider(List<Mount> allMounts, boolean version2) {
    final List<Mount> mounts =
        allMounts.stream().filter(mount -> mount.version2() == version2).toList();
    final String group = ownGroup(version2).orElse("");
    boolean visible = false;
    for (final Mount mount : mounts) {
      final Optional<String> below = below(mount.root(), group);
      below.ifPresent(directory -> climb(mount, directory));
      visible |= below.isPresent();
    }
    if (!visible && !mounts.isEmpty()) {
      // The process is somewhere outside of what can be seen. The group that is mounted is then
      // most likely the container's own; only the first, as others may have been mounted to be
      // watched.
      climb(mounts.get(0), "");
    }
  }

  private void climb(Mount mount, String group) {
    String directory = group;
    while (true) {
      final String path = mount.point() + directory;
      if (mount.version2()) {
        considerFile(path + "/memory.max");
        considerFile(path + "/memory.high");
      } else if (directory.equals(group)) {
        considerFile(path + "/memory.limit_in_bytes");
        considerStatistics(path + "/memory.stat");
      } else if (read(path + "/memory.use_hierarchy").strip().equals("0")) {
        return;
      } else {
        considerFile(path + "/memory.limit_in_bytes");
      }
      if (directory.isEmpty()) {
        return;
      }
      directory = directory.substring(0, directory.lastIndexOf('/'));
    }
  }

  private void considerFile(String file) {
    consider(read(file).strip(), file);
  }

  private void considerStatistics(String file) {
    final String name = "hierarchical_memory_limit ";
    read(file)
        .lines()
        .filter(line -> line.startsWith(name))
        .forEach(line -> consider(line.substring(name.length()).strip(), file));
  }

  private void consider(String number, String file) {
    final long bytes;
    try {
      bytes = Long.parseLong(number);
    } catch (final NumberFormatException e) {
      return; // "max", or the file is absent or garbage
    }
    if (bytes >= 0 && bytes < UNLIMITED && (smallest == null || bytes < smallest.bytes())) {
      smallest = new Limit(bytes, file);
    }
  }

  /**
   * The group's place below a mount, empty for the group that is mounted itself.
   *
   * @return nothing if the group is not below the mount; a path with {@code ..} in it leads out of
   *     the namespace of control groups that the process sees
   */
  private static Optional<String> below(String root, String group) {
    if (!(group + "/").startsWith(root + "/")) {
      return Optional.empty();
    }
    final String rest = group.substring(root.length());
    return (rest + "/").contains("/../") ? Optional.empty() : Optional.of(rest);
  }

  /** From lines such as {@code 0::/group} of version 2 and {@code 4:memory:/group} of version 1. */
  private Optional<String> ownGroup(boolean version2) {
    return read("/proc/self/cgroup")
        .lines()
        .map(line -> line.split(":", 3))
        .filter(fields -> fields.length == 3)
        .filter(
            fields ->
                version2
                    ? fields[0].equals("0") && fields[1].isEmpty()
                    : hasMemoryController(fields[1]))
        .map(fields -> withoutTrailingSlash(fields[2]))
        .findFirst();
  }

  /**
   * From lines such as {@code 35 31 0:32 /root /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory},
   * with any number of optional fields before the dash.
   */
  private List<Mount> mounts() {
    final List<Mount> mounts = new ArrayList<>();
    for (final String line : read("/proc/self/mountinfo").lines().toList()) {
      final String[] fields = line.split(" ");
      final int dash = List.of(fields).lastIndexOf("-");
      if (dash < 6 || dash + 3 >= fields.length) {
        continue;
      }
      final boolean version2 = fields[dash + 1].equals("cgroup2");
      final boolean version1 =
          fields[dash + 1].equals("cgroup") && hasMemoryController(fields[dash + 3]);
      if (version2 || version1) {
        mounts.add(new Mount(version2, unescapedPath(fields[3]), unescapedPath(fields[4])));
      }
    }
    return mounts;
  }

  private static boolean hasMemoryController(String commaSeparated) {
    return List.of(commaSeparated.split(",")).contains("memory");
  }

  /** The kernel writes blanks and backslashes in paths as three octal digits. */
  private static String unescapedPath(String path) {
    return withoutTrailingSlash(
        OCTAL_ESCAPE
            .matcher(path)
            .replaceAll(
                match ->
                    Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(match.group(1), 8)))));
  }

  /** So that the root is the empty string, and paths can be joined and compared as strings. */
  private static String withoutTrailingSlash(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  /** The contents of a file, empty if it cannot be read. */
  private String read(String absolutePath) {
    return readText(fileSystemRoot, absolutePath);
  }

  /**
   * The contents of a file of the kernel's, empty if it cannot be read.
   *
   * @param absolutePath the path from {@code fileSystemRoot}, beginning with a slash
   */
  static String readText(Path fileSystemRoot, String absolutePath) {
    try {
      final Path file = fileSystemRoot.resolve(absolutePath.substring(1));
      // Bytes that are no UTF-8 become replacement characters; Files.readString would throw.
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (final IOException | InvalidPathException e) {
      return "";
    }
  }
}
