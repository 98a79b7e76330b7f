package io.quarry.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel says about the pool of huge pages. */
final class HugePages {

  private static final long KIB = 1L << 10;
  private static final long HUGE_2MB = 2L << 20;
  private static final long HUGE_1GB = 1L << 30;

  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Path POOLS = Path.of("/sys/kernel/mm/hugepages");

  private HugePages() {}

  /** The size of the pages that a mapping or a memory file with these flags consists of. */
  static long unit(Posix posix, boolean huge, boolean of2MiB, boolean of1GiB) {
    if (!huge) {
      if (of2MiB || of1GiB) {
        throw new IllegalArgumentException(
            "flags must contain HUGETLB where they contain HUGE_2MB or HUGE_1GB");
      }
      return posix.pageSize();
    }
    if (of2MiB && of1GiB) {
      throw new IllegalArgumentException("flags must contain at most one of HUGE_2MB and HUGE_1GB");
    }
    if (of2MiB) {
      return HUGE_2MB;
    }
    return of1GiB ? HUGE_1GB : defaultSize();
  }

  /** Why there was no memory for a mapping of huge pages, and what to do about it. */
  static String explain(long pageBytes) {
    final Path pool = POOLS.resolve("hugepages-" + pageBytes / KIB + "kB");
    if (!Files.isDirectory(pool)) {
      return "this kernel has no pool of huge pages of " + pageBytes + " bytes";
    }
    return "the pool of huge pages of "
        + pageBytes
        + " bytes has too few: "
        + number(pool.resolve("free_hugepages"))
        + " are free, of "
        + number(pool.resolve("nr_hugepages"))
        + "; an administrator sets their number in "
        + pool.resolve("nr_hugepages")
        + ", or leave out HUGETLB and use Advice.HUGEPAGE, which needs no pool";
  }

  private static long defaultSize() {
    try {
      return Files.readAllLines(MEMINFO).stream()
          .filter(line -> line.startsWith("Hugepagesize:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KIB)
          .findFirst()
          .orElse(HUGE_2MB);
    } catch (IOException e) {
      return HUGE_2MB;
    }
  }

  private static String number(Path file) {
    try {
      return Files.readString(file).trim();
    } catch (IOException e) {
      return "an unknown number";
    }
  }
}
