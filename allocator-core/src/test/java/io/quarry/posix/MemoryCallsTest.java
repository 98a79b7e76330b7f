package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writing back, locking, naming and counting. */
final class MemoryCallsTest extends MappedMemory {

  @TempDir Path directory;

  @Test
  void changesAreWrittenBack() throws IOException {
    final Path path = directory.resolve("file");
    Files.write(path, new byte[page]);
    final int file =
        posix.open(path, EnumSet.of(OpenFlag.RDWR, OpenFlag.CLOEXEC), EnumSet.noneOf(permission()));
    final long address = posix.mmap(0, page, READ_WRITE, EnumSet.of(MapFlag.SHARED), file, 0);
    posix.close(file);
    view(address, page).put(10, (byte) 11);

    posix.msync(address, page, EnumSet.of(SyncFlag.SYNC, SyncFlag.INVALIDATE));
    posix.msync(address, page, EnumSet.of(SyncFlag.ASYNC));

    assertThat(Files.readAllBytes(path)[10]).isEqualTo((byte) 11);
    assertThatThrownBy(() -> posix.msync(address, page, EnumSet.of(SyncFlag.SYNC, SyncFlag.ASYNC)))
        .hasMessageContaining("flags=[SYNC, ASYNC]): EINVAL (22); the address is not a multiple");
  }

  private static Class<java.nio.file.attribute.PosixFilePermission> permission() {
    return java.nio.file.attribute.PosixFilePermission.class;
  }

  @Test
  void pagesAreLockedAndUnlocked() {
    final long address = mapApart(4L * page);

    posix.mlock(address, 2L * page);

    assertThat(ProcMaps.mappingAt(address).orElseThrow().lockedBytes()).isEqualTo(2L * page);
    assertThat(posix.mincore(address, 4L * page).stream()).containsExactly(0, 1);
    posix.munlock(address, 2L * page);
    assertThat(ProcMaps.mappingAt(address).orElseThrow().lockedBytes()).isZero();
    assertThatThrownBy(() -> posix.munlock(address, -page)).hasMessageStartingWith("munlock(");
    assertThatThrownBy(() -> posix.mlock(0x1000, page))
        .hasMessageEndingWith(
            "ENOMEM (12); the limit of locked memory (ulimit -l) would be exceeded, or part of the"
                + " range is not mapped");
  }

  @Test
  void pagesAreLockedWhenTheyAreTouched() {
    final long address = mapApart(4L * page);

    posix.mlock2(address, 4L * page, EnumSet.of(LockFlag.ONFAULT));

    assertThat(posix.mincore(address, 4L * page).stream()).isEmpty();
    view(address, page).put(0, (byte) 1);
    assertThat(ProcMaps.mappingAt(address).orElseThrow().lockedBytes()).isEqualTo(page);
    assertThatThrownBy(() -> posix.mlock2(0x1000, page, EnumSet.noneOf(LockFlag.class)))
        .hasMessageStartingWith("mlock2(address=0x1000, length=" + page + ", flags=[]): ENOMEM");
  }

  @Test
  void theWholeProcessIsLockedOnlyWithAFlagThatSaysWhat() {
    assertThatThrownBy(() -> posix.mlockall(EnumSet.of(LockAllFlag.ONFAULT)))
        .hasMessageStartingWith("mlockall(flags=[ONFAULT]): EINVAL (22)");
    // The whole of a process with a Java heap is not locked for a test's sake.
    posix.munlockall();
  }

  @Test
  void memoryIsNamedWhereTheKernelCan() {
    final long address = mapApart(2L * page);
    final PosixException refused = catchThrowableOfType(PosixException.class, () -> name(address));

    if (refused == null) {
      assertThat(ProcMaps.mappingAt(address).orElseThrow().path()).isEqualTo("[anon:quarry test]");
      posix.prctlSetVmaAnonName(address, 2L * page, null);
      assertThat(ProcMaps.mappingAt(address).orElseThrow().path()).isEmpty();
    } else {
      assertThat(refused)
          .hasMessageStartingWith(
              "prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, address=0x"
                  + Long.toHexString(address)
                  + ", length="
                  + 2 * page
                  + ", name=quarry test): EINVAL (22); this kernel cannot name anonymous memory");
    }
  }

  private void name(long address) {
    posix.prctlSetVmaAnonName(address, 2L * page, "quarry test");
  }

  @Test
  void pageFaultsAreCounted() {
    final int pages = 1_000;
    final long address = mapApart((long) pages * page);
    posix.madvise(address, (long) pages * page, Advice.NOHUGEPAGE);
    final ResourceUsage before = posix.getrusage(UsageScope.THREAD);
    final ResourceUsage beforeAll = posix.getrusage(UsageScope.SELF);

    NativeMemory.fill(address, (long) pages * page, (byte) 1);

    final ResourceUsage after = posix.getrusage(UsageScope.THREAD);
    assertThat(after.minorFaults() - before.minorFaults())
        .isBetween((long) pages, pages + pages / 2L);
    assertThat(posix.getrusage(UsageScope.SELF).minorFaults() - beforeAll.minorFaults())
        .isGreaterThanOrEqualTo(pages);
    assertThat(after.maxResidentBytes()).isBetween(10L << 20, 1L << 40);
  }

  @Test
  void processorTimeIsCounted() {
    final ResourceUsage before = posix.getrusage(UsageScope.THREAD);
    final long start = System.nanoTime();
    long sum = 0;
    while (System.nanoTime() - start < 100_000_000) {
      sum += System.nanoTime();
    }
    final ResourceUsage after = posix.getrusage(UsageScope.THREAD);

    assertThat(sum).isNotZero();
    final long micros =
        after.userTime().plus(after.systemTime()).toNanos() / 1_000
            - before.userTime().plus(before.systemTime()).toNanos() / 1_000;
    assertThat(micros).isBetween(1_000L, 1_000_000L);
    assertThat(posix.getrusage(UsageScope.CHILDREN)).isNotNull();
  }

  @Test
  void movedPagesLeaveZeroesWhereTheOldRangeIsKept() {
    final long address = mapApart(2L * page);
    view(address, page).putLong(0, 4711);

    final long moved =
        posix.mremap(
            address, 2L * page, 2L * page, EnumSet.of(RemapFlag.MAYMOVE, RemapFlag.DONTUNMAP), 0);

    assertThat(moved).isNotEqualTo(address);
    assertThat(view(moved, page).getLong(0)).isEqualTo(4711);
    assertThat(view(address, page).getLong(0)).isZero();
  }
}
