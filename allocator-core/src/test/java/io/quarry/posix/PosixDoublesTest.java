package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The doubles that other tests rely on. */
final class PosixDoublesTest extends MappedMemory {

  @Test
  void callsAreCountedByName() {
    final long address = map(4L * page);
    posix.madvise(address, 4L * page, Advice.DONTNEED);
    posix.madvise(address, 4L * page, Advice.DONTNEED);
    assertThatThrownBy(() -> map(0)).isInstanceOf(PosixException.class);

    assertThat(posix.count("mmap")).isEqualTo(2);
    assertThat(posix.count("madvise")).isEqualTo(2);
    assertThat(posix.count("munmap")).isZero();

    posix.resetCounts();
    assertThat(posix.count("mmap")).isZero();
    assertThat(posix.mappedBytes()).isEqualTo(4L * page);
  }

  @Test
  void rangesAreCutAsTheKernelCutsThem() {
    final long address = map(10L * page);

    posix.munmap(address + 2L * page, 2L * page);
    posix.munmap(address + 8L * page, 1);
    assertThat(posix.mappedRanges())
        .containsExactlyEntriesOf(
            new TreeMap<>(
                Map.of(
                    address,
                    address + 2L * page,
                    address + 4L * page,
                    address + 8L * page,
                    address + 9L * page,
                    address + 10L * page)));

    // Over what is still ours only: somebody else may have taken the holes by now.
    mapAt(address + 5L * page, 2L * page, MapFlag.FIXED);
    assertThat(posix.mappedBytes()).isEqualTo(7L * page);
    assertThat(posix.mappedRanges()).containsEntry(address + 5L * page, address + 7L * page);
    posix.munmap(address + 5L * page, 3L * page);
    assertThat(posix.mappedBytes()).isEqualTo(4L * page);

    posix.unmapAll();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void aMovedMappingIsFollowed() {
    final long address = mapApart(4L * page);

    final long moved =
        posix.mremap(address, 4L * page, 8L * page, EnumSet.of(RemapFlag.MAYMOVE), 0);

    assertThat(posix.mappedRanges()).containsEntry(moved, moved + 8L * page);
    assertThat(posix.mappedBytes()).isEqualTo(10L * page);
  }

  @Test
  void oneChosenCallFails() {
    final FaultyPosix faulty = new FaultyPosix(posix);
    faulty.armOnce(Errno.ENOMEM, "mmap", 2);

    faulty.mmap(0, page, READ_WRITE, anonymous(), Posix.NO_FILE, 0);
    assertThatThrownBy(() -> faulty.mmap(0, page, READ_WRITE, anonymous(), Posix.NO_FILE, 0))
        .isInstanceOfSatisfying(
            PosixException.class, e -> assertThat(e.error()).isEqualTo(Errno.ENOMEM))
        .hasMessageStartingWith("mmap(address=0x0, length=" + page + ", protection=[READ, WRITE]");
    faulty.mmap(0, page, READ_WRITE, anonymous(), Posix.NO_FILE, 0);

    assertThat(posix.count("mmap")).as("the failed call was not made").isEqualTo(2);
    assertThat(faulty.faults()).isOne();
  }

  @Test
  void chosenCallsFailUntilDisarmed() {
    final FaultyPosix faulty = new FaultyPosix(posix);
    final long address = map(page);
    faulty.arm(Errno.EINVAL, (call, ordinal) -> call.startsWith("m") && ordinal % 2 == 0);

    faulty.madvise(address, page, Advice.DONTNEED);
    faulty.mincore(address, page);
    assertThatThrownBy(() -> faulty.madvise(address, page, Advice.DONTNEED))
        .hasMessageContaining("EINVAL (22)");
    assertThatThrownBy(() -> faulty.mincore(address, page)).hasMessageContaining("EINVAL (22)");
    faulty.disarm();
    faulty.madvise(address, page, Advice.DONTNEED);
    faulty.madvise(address, page, Advice.DONTNEED);

    assertThat(faulty.faults()).isEqualTo(2);
  }
}
