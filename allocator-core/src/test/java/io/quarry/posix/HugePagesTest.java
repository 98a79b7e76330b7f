package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Huge pages: transparent ones, those of the pool, and those gathered on demand. */
@EnabledOnOs(OS.LINUX)
final class HugePagesTest {

  private static final long HUGE = 2L << 20;
  private static final Path POOL = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB");

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final CountingPosix posix = left.posix();
  private final int page = posix.pageSize();

  private static long readPool(String name) throws IOException {
    assumeTrue(Files.isDirectory(POOL), "this kernel has no pool of huge pages of 2 MiB");
    return Long.parseLong(Files.readString(POOL.resolve(name)).trim());
  }

  /** The offset of the first huge page in a mapping of three. */
  private static long firstHugePage(Mapping mapping) {
    return -mapping.address() & (HUGE - 1);
  }

  @Test
  void oneTouchBringsAHugePageWhereThatIsAdvised() throws IOException {
    final Path enabled = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    assumeTrue(
        Files.isReadable(enabled) && !Files.readString(enabled).contains("[never]"),
        "transparent huge pages are off");
    try (Mapping with = Mapping.anonymous(3 * HUGE).posix(posix).map();
        Mapping without = Mapping.anonymous(3 * HUGE).posix(posix).map()) {
      with.advise(Advice.HUGEPAGE);
      without.advise(Advice.NOHUGEPAGE);

      with.byteBuffer(firstHugePage(with), 1).put(0, (byte) 1);
      without.byteBuffer(firstHugePage(without), 1).put(0, (byte) 1);

      assertThat(with.residentBytes()).isEqualTo(HUGE);
      assertThat(without.residentBytes()).isEqualTo(page);
    }
  }

  @Test
  void smallPagesAreGatheredOnDemand() {
    try (Mapping mapping = Mapping.anonymous(3 * HUGE).posix(posix).map()) {
      mapping.advise(Advice.NOHUGEPAGE);
      final long offset = firstHugePage(mapping);
      mapping.byteBuffer(offset, 8).putLong(0, 4711);
      assertThat(mapping.residentBytes()).isEqualTo(page);
      mapping.advise(Advice.HUGEPAGE);
      try {
        mapping.advise(offset, HUGE, Advice.COLLAPSE);
      } catch (PosixException e) {
        assertThat(e.error()).as("a kernel before 6.1").isEqualTo(Errno.EINVAL);
        assumeTrue(false, e.getMessage());
      }
      assertThat(mapping.residentBytes()).isEqualTo(HUGE);
      assertThat(mapping.byteBuffer(offset, 8).getLong(0)).isEqualTo(4711);
    }
  }

  @Test
  void anEmptyPoolIsExplained() throws IOException {
    final long free = readPool("free_hugepages");
    final long number = readPool("nr_hugepages");
    final long wanted = (free + 1) * HUGE;
    assumeTrue(readPool("nr_overcommit_hugepages") == 0);

    assertThatThrownBy(
            () ->
                Mapping.anonymous(wanted)
                    .flags(MapFlag.HUGETLB, MapFlag.HUGE_2MB)
                    .posix(posix)
                    .map())
        .isInstanceOfSatisfying(
            PosixException.class, e -> assertThat(e.error()).isEqualTo(Errno.ENOMEM))
        .hasMessageEndingWith(
            "ENOMEM (12); the pool of huge pages of 2097152 bytes has too few: "
                + free
                + " are free, of "
                + number
                + "; an administrator sets their number in "
                + POOL.resolve("nr_hugepages")
                + ", or leave out HUGETLB and use Advice.HUGEPAGE, which needs no pool");
  }

  @Test
  void flagsOfThePoolFitTogether() {
    assertThatThrownBy(() -> Mapping.anonymous(HUGE).flags(MapFlag.HUGE_2MB).map())
        .hasMessage("flags must contain HUGETLB where they contain HUGE_2MB or HUGE_1GB");
    assertThatThrownBy(
            () ->
                FileHandle.inMemory("x", MemfdFlag.HUGETLB, MemfdFlag.HUGE_2MB, MemfdFlag.HUGE_1GB))
        .hasMessage("flags must contain at most one of HUGE_2MB and HUGE_1GB");
  }

  /** Fills the pool for as long as the test takes, where that is permitted. */
  @Test
  void pagesOfThePoolAreMapped() throws IOException {
    final long before = readPool("nr_hugepages");
    final Path number = POOL.resolve("nr_hugepages");
    assumeTrue(Files.isWritable(number), "only root can fill the pool");
    Files.writeString(number, Long.toString(before + 4));
    try {
      assumeTrue(readPool("free_hugepages") >= 4, "memory is too fragmented");
      poolIsUsed();
    } finally {
      Files.writeString(number, Long.toString(before));
    }
  }

  private void poolIsUsed() {
    try (Mapping mapping =
            Mapping.anonymous(HUGE + 1)
                .flags(MapFlag.HUGETLB, MapFlag.HUGE_2MB)
                .guarded()
                .posix(posix)
                .map();
        FileHandle file = FileHandle.inMemory("huge", MemfdFlag.HUGETLB, MemfdFlag.HUGE_2MB)) {
      assertThat(mapping.pageBytes()).isEqualTo(HUGE);
      assertThat(mapping.address() % HUGE).isZero();
      mapping.byteBuffer().put((int) HUGE, (byte) 1);
      assertThat(ProcMaps.mappingAt(mapping.address()).orElseThrow().vmFlags()).contains("ht");
      assertThatThrownBy(() -> mapping.unmap(0, page))
          .hasMessageContaining("length must be a multiple of the page size, 2097152");
      mapping.unmap(0, HUGE);
      file.resize(HUGE);
      try (Mapping ofFile =
          Mapping.of(file).protection(Protection.READ, Protection.WRITE).posix(posix).map()) {
        ofFile.buffer().putLong((int) HUGE - 8, 4711);
        assertThat(ofFile.pageBytes()).isEqualTo(HUGE);
        assertThat(ofFile.residentBytes()).isEqualTo(HUGE);
      }
    }
  }
}
