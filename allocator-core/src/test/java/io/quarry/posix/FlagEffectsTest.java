package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The numbers of flags and advice are right if the running kernel acts on them as their names say.
 */
final class FlagEffectsTest extends MappedMemory {

  private static final int HUGE_PAGE = 2 << 20;

  @ParameterizedTest
  @CsvSource({
    "RANDOM, rr",
    "SEQUENTIAL, sr",
    "HUGEPAGE, hg",
    "NOHUGEPAGE, nh",
    "DONTDUMP, dd",
    "DONTFORK, dc",
    "WIPEONFORK, wf",
    "MERGEABLE, mg"
  })
  void adviceShowsInTheFlagsOfTheMapping(Advice advice, String flag) {
    final long address = mapApart(4L * page);
    assertThat(ProcMaps.mappingAt(address).orElseThrow().vmFlags()).doesNotContain(flag);

    adviseOrSkip(address, 4L * page, advice);

    assertThat(ProcMaps.mappingAt(address).orElseThrow().vmFlags()).contains(flag);
  }

  @ParameterizedTest
  @CsvSource({
    "RANDOM, NORMAL, rr",
    "DONTDUMP, DODUMP, dd",
    "DONTFORK, DOFORK, dc",
    "WIPEONFORK, KEEPONFORK, wf",
    "MERGEABLE, UNMERGEABLE, mg"
  })
  void adviceIsTakenBack(Advice advice, Advice opposite, String flag) {
    final long address = mapApart(4L * page);

    adviseOrSkip(address, 4L * page, advice);
    posix.madvise(address, 4L * page, opposite);

    assertThat(ProcMaps.mappingAt(address).orElseThrow().vmFlags()).doesNotContain(flag);
  }

  @Test
  void pagesNotNeededAreTakenBackAndReadAsZero() {
    final long address = mapApart(8L * page);
    NativeMemory.fill(address, 8L * page, (byte) 5);

    posix.madvise(address + page, 6L * page, Advice.DONTNEED);

    assertThat(posix.mincore(address, 8L * page).stream()).containsExactly(0, 7);
    assertThat(view(address, 8 * page).get(3 * page)).isZero();
    assertThat(view(address, 8 * page).get(7 * page)).isEqualTo((byte) 5);
  }

  @Test
  void freedPagesStayUntilMemoryIsScarce() {
    final long address = mapApart(8L * page);
    NativeMemory.fill(address, 8L * page, (byte) 5);

    posix.madvise(address, 8L * page, Advice.FREE);

    assertThat(posix.mincore(address, 8L * page).cardinality()).isEqualTo(8);
    final byte left = view(address, page).get(0);
    assertThat(left).isIn((byte) 0, (byte) 5);
  }

  @Test
  void lockedPagesAreTakenBackOnlyByTheAdviceThatSaysSo() {
    final long address = mapApart(4L * page);
    posix.mlock(address, 4L * page);

    adviseOrSkip(address + page, 2L * page, Advice.DONTNEED_LOCKED);

    assertThat(posix.mincore(address, 4L * page).stream()).containsExactly(0, 3);
  }

  @Test
  void removedPagesAreGoneFromTheFileToo() {
    final int file = posix.memfdCreate("removed", EnumSet.of(MemfdFlag.CLOEXEC));
    posix.ftruncate(file, 4L * page);
    final long address = posix.mmap(0, 4L * page, READ_WRITE, EnumSet.of(MapFlag.SHARED), file, 0);
    NativeMemory.fill(address, 4L * page, (byte) 5);

    posix.madvise(address + page, 2L * page, Advice.REMOVE);

    assertThat(posix.lseek(file, 0, Whence.HOLE)).isEqualTo(page);
    assertThat(posix.lseek(file, page, Whence.DATA)).isEqualTo(3L * page);
    assertThat(view(address, 4 * page).get(page)).isZero();
    posix.close(file);
  }

  @ParameterizedTest
  @EnumSource(names = {"COLD", "PAGEOUT"})
  void coldPagesKeepTheirContents(Advice advice) {
    final long address = mapApart(4L * page);
    NativeMemory.fill(address, 4L * page, (byte) 5);

    adviseOrSkip(address, 4L * page, advice);

    assertThat(view(address, 4 * page).get(3 * page)).isEqualTo((byte) 5);
  }

  @Test
  void guardsTakePagesBackWithoutSplittingTheMapping() {
    final long address = mapApart(4L * page);
    NativeMemory.fill(address, 4L * page, (byte) 5);

    adviseOrSkip(address + page, page, Advice.GUARD_INSTALL);

    final ProcMaps.Mapping mapping = ProcMaps.mappingAt(address).orElseThrow();
    assertThat(mapping.to()).isEqualTo(address + 4L * page);
    assertThat(mapping.rssBytes()).isEqualTo(3L * page);
    assertThatThrownBy(() -> posix.madvise(address, 4L * page, Advice.POPULATE_READ))
        .hasMessageContaining("EFAULT (14)");
    posix.madvise(address + page, page, Advice.GUARD_REMOVE);
    assertThat(view(address, 4 * page).get(page)).isZero();
  }

  @Test
  void synchronousMappingIsRefusedOfFilesThatAreNotPersistentMemory() {
    final int file = posix.memfdCreate("volatile", EnumSet.of(MemfdFlag.CLOEXEC));
    posix.ftruncate(file, page);

    assertThatThrownBy(
            () ->
                posix.mmap(
                    0,
                    page,
                    READ_WRITE,
                    EnumSet.of(MapFlag.SHARED_VALIDATE, MapFlag.SYNC),
                    file,
                    0))
        .hasMessageContaining("flags=[SHARED_VALIDATE, SYNC]")
        .hasMessageEndingWith(
            "EOPNOTSUPP (95); the file system does not have what one of the flags asks for");
    final long address =
        posix.mmap(0, page, READ_WRITE, EnumSet.of(MapFlag.SHARED_VALIDATE), file, 0);
    assertThat(ProcMaps.mappingAt(address).orElseThrow().permissions()).isEqualTo("rw-s");
    posix.close(file);
  }

  @ParameterizedTest
  @EnumSource(names = {"POPULATE_READ", "POPULATE_WRITE"})
  void populatingBringsPagesIn(Advice advice) {
    final long address = mapApart(8L * page);
    view(address, page).put(0, (byte) 4);

    adviseOrSkip(address, 8L * page, advice);

    assertThat(posix.mincore(address, 8L * page).cardinality()).isEqualTo(8);
    assertThat(view(address, page).get(0)).isEqualTo((byte) 4);
    final long writable = advice == Advice.POPULATE_WRITE ? 8L * page : page;
    assertThat(ProcMaps.rssBytes(address, address + 8L * page)).isEqualTo(writable);
  }

  @Test
  void adviceWithoutEffectOnAnonymousMemoryIsAccepted() {
    final long address = mapApart(8L * page);
    NativeMemory.fill(address, 8L * page, (byte) 5);

    posix.madvise(address, 8L * page, Advice.WILLNEED);
    posix.madvise(address, 8L * page, Advice.NORMAL);

    assertThat(view(address, 8 * page).get(3 * page)).isEqualTo((byte) 5);
  }

  @Test
  void smallPagesAreGatheredIntoAHugeOne() {
    final long address = mapApart(2L * HUGE_PAGE);
    final long aligned = (address + HUGE_PAGE - 1) & -HUGE_PAGE;
    view(aligned, page).put(0, (byte) 6);

    adviseOrSkip(aligned, HUGE_PAGE, Advice.COLLAPSE);

    assertThat(ProcMaps.rssBytes(aligned, aligned + HUGE_PAGE)).isEqualTo(HUGE_PAGE);
    assertThat(view(aligned, page).get(0)).isEqualTo((byte) 6);
  }

  @Test
  void mappingFlagsShowInTheMapping() {
    final long shared =
        posix.mmap(
            0, page, READ_WRITE, EnumSet.of(MapFlag.SHARED, MapFlag.ANONYMOUS), Posix.NO_FILE, 0);
    final long unreserved = map(page, MapFlag.NORESERVE);
    final long populated = map(8L * page, MapFlag.POPULATE);
    final long stack = map(page, MapFlag.STACK);

    assertThat(ProcMaps.mappingAt(shared).orElseThrow().permissions()).isEqualTo("rw-s");
    assertThat(ProcMaps.mappingAt(unreserved).orElseThrow().vmFlags()).contains("nr");
    assertThat(posix.mincore(populated, 8L * page).cardinality()).isEqualTo(8);
    assertThat(ProcMaps.mappingAt(stack)).isPresent();
  }

  @Test
  void lockedPagesAreNotTakenBack() {
    final long address;
    try {
      address = map(page, MapFlag.LOCKED);
    } catch (PosixException e) {
      abort("the limit of locked memory is too low: " + e.getMessage());
      return;
    }

    assertThat(ProcMaps.mappingAt(address).orElseThrow().lockedBytes()).isPositive();
    assertThatThrownBy(() -> posix.madvise(address, page, Advice.DONTNEED))
        .hasMessageContaining("advice=DONTNEED): EINVAL (22)")
        .hasMessageContaining("the pages are locked");
  }

  @Test
  void hugePagesComeFromTheirPool() throws IOException {
    assumeTrue(emptyPool("nr_hugepages") && emptyPool("nr_overcommit_hugepages"));

    assertThatThrownBy(() -> map(HUGE_PAGE, MapFlag.HUGETLB))
        .hasMessageContaining("flags=[PRIVATE, ANONYMOUS, HUGETLB]")
        .hasMessageContaining("ENOMEM (12)");
  }

  private void adviseOrSkip(long address, long length, Advice advice) {
    try {
      posix.madvise(address, length, advice);
    } catch (PosixException e) {
      assumeTrue(e.error() != Errno.EINVAL, "this kernel does not know " + advice);
      throw e;
    }
  }

  private static boolean emptyPool(String name) throws IOException {
    final Path file = Path.of("/proc/sys/vm", name);
    return Files.isReadable(file) && Files.readString(file).trim().equals("0");
  }
}
