package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class HostPosixTest extends MappedMemory {

  @Test
  void thePageSizeIsAPowerOfTwo() {
    assertThat(page).isGreaterThanOrEqualTo(4096);
    assertThat(Integer.bitCount(page)).isOne();
  }

  @Test
  void aMappingIsZeroAndKeepsWhatIsWritten() {
    final int length = 16 * page;
    final long address = map(length);

    assertThat(address).isPositive().matches(a -> a % page == 0);
    final ByteBuffer bytes = view(address, length);
    for (int i = 0; i < length; i += Long.BYTES) {
      assertThat(bytes.getLong(i)).isZero();
      bytes.putLong(i, address + i);
    }
    final ByteBuffer again = view(address, length);
    for (int i = 0; i < length; i += Long.BYTES) {
      assertThat(again.getLong(i)).isEqualTo(address + i);
    }
  }

  @Test
  void unmappedMemoryIsGone() {
    final long address = map(4L * page);
    view(address, 1).put(0, (byte) 1);

    posix.munmap(address, 4L * page);

    assertThatThrownBy(() -> posix.mincore(address, 4L * page))
        .isInstanceOfSatisfying(
            PosixException.class, e -> assertThat(e.error()).isEqualTo(Errno.ENOMEM));
  }

  @Test
  void pagesAreResidentOnceTouched() {
    final long address = mapApart(8L * page);
    posix.madvise(address, 8L * page, Advice.NOHUGEPAGE);
    assertThat(posix.mincore(address, 8L * page)).isEqualTo(new BitSet());

    view(address, 8 * page).put(2 * page, (byte) 1).put(5 * page + 17, (byte) 1);

    assertThat(posix.mincore(address, 8L * page).stream()).containsExactly(2, 5);
    assertThat(posix.mincore(address + 2L * page, 1).stream()).containsExactly(0);
    assertThat(ProcMaps.rssBytes(address, address + 8L * page)).isEqualTo(2L * page);
  }

  @Test
  void residencyIsToldOfRangesThatNeedSeveralCalls() {
    final long pages = (1 << 16) * 2 + 3;
    final long address = map(pages * page, MapFlag.NORESERVE);
    posix.madvise(address, pages * page, Advice.NOHUGEPAGE);

    for (long touched : new long[] {0, 1 << 16, pages - 1}) {
      view(address + touched * page, 1).put(0, (byte) 1);
    }

    assertThat(posix.mincore(address, pages * page).stream())
        .containsExactly(0, 1 << 16, (int) pages - 1);
  }

  @Test
  void protectionIsWhatWasAskedFor() {
    final long address = mapApart(4L * page);

    posix.mprotect(address, page, NO_ACCESS);
    posix.mprotect(address + page, page, EnumSet.of(Protection.READ));
    posix.mprotect(address + 2L * page, page, EnumSet.of(Protection.READ, Protection.EXECUTE));

    assertThat(permissionsAt(address)).isEqualTo("---p");
    assertThat(permissionsAt(address + page)).isEqualTo("r--p");
    assertThat(permissionsAt(address + 2L * page)).isEqualTo("r-xp");
    assertThat(permissionsAt(address + 3L * page)).isEqualTo("rw-p");
  }

  @Test
  void aMappingGrowsOrMovesAndKeepsItsContents() {
    final long address = mapApart(4L * page);
    view(address, 4 * page).putLong(3 * page, 4711);

    final long grown =
        posix.mremap(address, 4L * page, 64L * page, EnumSet.of(RemapFlag.MAYMOVE), 0);

    assertThat(grown).as("the page behind was in the way").isNotEqualTo(address);
    assertThat(view(grown, 64 * page).getLong(3 * page)).isEqualTo(4711);
    assertThat(view(grown, 64 * page).getLong(63 * page)).isZero();
  }

  @Test
  void aMappingThatMayNotMoveIsRefusedWhereItCannotGrow() {
    final long address = mapApart(4L * page);

    assertThatThrownBy(
            () -> posix.mremap(address, 4L * page, 64L * page, EnumSet.noneOf(RemapFlag.class), 0))
        .isInstanceOf(PosixException.class)
        .hasMessageContaining("oldAddress=0x" + Long.toHexString(address))
        .hasMessageContaining("newLength=" + 64 * page + ", flags=[], newAddress=0x0): ENOMEM");
  }

  @Test
  void aMappingShrinksInPlace() {
    final long address = map(8L * page);

    assertThat(posix.mremap(address, 8L * page, 2L * page, EnumSet.noneOf(RemapFlag.class), 0))
        .isEqualTo(address);

    assertThat(posix.mappedBytes()).isEqualTo(2L * page);
  }

  @Test
  void aMappingMovesToTheAddressGiven() {
    final long destination = map(8L * page);
    view(destination, page).putLong(0, 1);
    final long source = map(8L * page);
    view(source, page).putLong(0, 2);

    final long moved =
        posix.mremap(
            source,
            8L * page,
            8L * page,
            EnumSet.of(RemapFlag.MAYMOVE, RemapFlag.FIXED),
            destination);

    assertThat(moved).isEqualTo(destination);
    assertThat(view(destination, page).getLong(0)).isEqualTo(2);
    assertThat(posix.mappedBytes()).isEqualTo(8L * page);
  }

  @Test
  void aHoleIsMappedAgainWithoutTouchingItsNeighbours() {
    final long address = map(8L * page);
    NativeMemory.fill(address, 8L * page, (byte) 3);

    posix.munmap(address + 2L * page, 3L * page);
    assertThat(posix.mappedBytes()).isEqualTo(5L * page);
    final long again = mapAt(address + 2L * page, 3L * page, MapFlag.FIXED_NOREPLACE);

    assertThat(again).isEqualTo(address + 2L * page);
    final ByteBuffer bytes = view(address, 8 * page);
    for (int i = 0; i < 8; i++) {
      assertThat(bytes.get(i * page)).isEqualTo((byte) (i >= 2 && i < 5 ? 0 : 3));
    }
  }

  @Test
  void anOccupiedRangeIsNotReplaced() {
    final long address = map(4L * page);
    view(address, page).put(0, (byte) 9);

    final PosixException refused =
        catchThrowableOfType(
            PosixException.class, () -> mapAt(address - page, 2L * page, MapFlag.FIXED_NOREPLACE));

    assertThat(refused.error()).isEqualTo(Errno.EEXIST);
    assertThat(refused)
        .hasMessageEndingWith("EEXIST (17); something is mapped in that range already");
    assertThat(view(address, page).get(0)).isEqualTo((byte) 9);
  }

  @Test
  void anOccupiedRangeIsReplacedOnDemand() {
    final long address = map(4L * page);
    NativeMemory.fill(address, 4L * page, (byte) 9);

    assertThat(mapAt(address + page, page, MapFlag.FIXED)).isEqualTo(address + page);

    assertThat(view(address, 4 * page).get(page)).isZero();
    assertThat(view(address, 4 * page).get(2 * page)).isEqualTo((byte) 9);
  }

  @Test
  void lengthsBeyondFourGibibytesArriveWhole() {
    final long length = (1L << 36) + page;
    final long address =
        posix.mmap(0, length, NO_ACCESS, anonymous(MapFlag.NORESERVE), Posix.NO_FILE, 0);

    posix.mprotect(address + length - page, page, READ_WRITE);
    view(address + length - page, page).put(page - 1, (byte) 1);

    assertThat(ProcMaps.rssBytes(address, address + length)).isEqualTo(page);
    posix.munmap(address, length);
    assertThat(ProcMaps.mappingAt(address + length - page)).isEmpty();
  }

  @Test
  void aRefusalNamesCallArgumentsAndError() {
    assertThatThrownBy(
            () ->
                posix.mmap(
                    0,
                    0,
                    Set.of(Protection.WRITE, Protection.READ),
                    Set.of(MapFlag.ANONYMOUS, MapFlag.PRIVATE),
                    Posix.NO_FILE,
                    0))
        .isInstanceOf(PosixException.class)
        .hasMessage(
            "mmap(address=0x0, length=0, protection=[READ, WRITE], flags=[PRIVATE, ANONYMOUS],"
                + " fd=-1, offset=0): EINVAL (22); the length is zero, the address or the"
                + " offset is not a multiple of the page size, or the flags do not fit together");
  }

  @Test
  void everyCallReportsItsFailure() {
    final long address = map(page);

    assertThatThrownBy(() -> posix.munmap(address + 1, page))
        .hasMessageStartingWith(
            "munmap(address=0x" + Long.toHexString(address + 1) + ", length=" + page + "): EINVAL");
    assertThatThrownBy(() -> posix.mprotect(address + 1, page, READ_WRITE))
        .hasMessageContaining("protection=[READ, WRITE]): EINVAL (22)");
    assertThatThrownBy(() -> posix.madvise(address + 1, page, Advice.DONTNEED))
        .hasMessageContaining("advice=DONTNEED): EINVAL (22)");
    assertThatThrownBy(() -> posix.mincore(address + 1, page)).hasMessageContaining("EINVAL (22)");
    assertThatThrownBy(() -> posix.mincore(address, -page)).hasMessageContaining("ENOMEM (12)");
    assertThatThrownBy(
            () ->
                posix.mmap(0, page, READ_WRITE, EnumSet.of(MapFlag.PRIVATE), Integer.MAX_VALUE, 0))
        .hasMessageContaining("EBADF (9)");
    assertThatThrownBy(() -> map(1L << 62)).hasMessageContaining("ENOMEM (12); out of memory");
  }

  @Test
  void errorsAreTheCallingThreadsOwn() throws InterruptedException {
    final Posix host = Posix.host();
    final long address = map(page);
    final AtomicInteger mistaken = new AtomicInteger();
    final List<Thread> threads = new ArrayList<>();
    for (Errno expected : List.of(Errno.EINVAL, Errno.ENOMEM, Errno.EINVAL, Errno.ENOMEM)) {
      final long from = expected == Errno.EINVAL ? address + 1 : address;
      final long length = expected == Errno.EINVAL ? page : -page;
      final Runnable failures =
          () -> {
            for (int i = 0; i < 5_000; i++) {
              try {
                host.mincore(from, length);
                mistaken.incrementAndGet();
              } catch (PosixException e) {
                mistaken.addAndGet(e.error() == expected ? 0 : 1);
              }
            }
          };
      threads.add(new Thread(failures));
    }

    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(mistaken).hasValue(0);
  }

  private static String permissionsAt(long address) {
    return ProcMaps.mappingAt(address).orElseThrow().permissions();
  }
}
