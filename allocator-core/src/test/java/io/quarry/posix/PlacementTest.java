package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Where a mapping comes to lie. */
@EnabledOnOs(OS.LINUX)
final class PlacementTest {

  private static final Protection[] READ_WRITE = {Protection.READ, Protection.WRITE};

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final CountingPosix posix = left.posix();
  private final int page = posix.pageSize();

  @TempDir Path directory;

  /** The address of pages that nobody has mapped, nor will as the kernel goes down from the top. */
  private long freeAddress(long pages) {
    final long address = 0x4000_0000_0000L;
    assertThat(MemoryRange.within(address, pages * page).orElseThrow()).isEmpty();
    return address;
  }

  @Test
  void aHintIsFollowedWhereItCanBe() {
    final long address = freeAddress(4);
    try (Mapping first = Mapping.anonymous(4L * page).near(address).posix(posix).map();
        Mapping second = Mapping.anonymous(4L * page).near(address).posix(posix).map()) {
      assertThat(first.address()).isEqualTo(address);
      assertThat(second.address()).isNotEqualTo(address);
      first.buffer().putLong(0, 1);
      assertThat(second.buffer().getLong(0)).isZero();
    }
  }

  @Test
  void anAddressIsTakenIfItIsFree() {
    final long address = freeAddress(4);
    try (Mapping mapping = Mapping.anonymous(3L * page + 1).at(address).posix(posix).map()) {
      assertThat(mapping.address()).isEqualTo(address);
    }
    try (Mapping guarded =
        Mapping.anonymous(2L * page).at(address + page).guarded().posix(posix).map()) {
      assertThat(guarded.address()).isEqualTo(address + page);
      assertThat(posix.mappedRanges()).containsKey(address);
    }
  }

  @Test
  void whatLiesThereIsNamedAndUnharmed() throws IOException {
    final Path path = Files.write(directory.resolve("occupant"), new byte[2 * page]);
    final long address = freeAddress(8);
    try (Mapping occupant = Mapping.ofFile(path).at(address + page).posix(posix).map();
        Mapping other =
            Mapping.anonymous(page)
                .at(address + 4L * page)
                .protection(READ_WRITE)
                .posix(posix)
                .map()) {
      final AddressOccupiedException refused =
          catchThrowableOfType(
              AddressOccupiedException.class,
              () -> Mapping.anonymous(6L * page).at(address).posix(posix).map());

      assertThat(refused.error()).isEqualTo(Errno.EEXIST);
      assertThat(refused)
          .hasMessage(
              "mmap(address=0x400000000000, length="
                  + 6 * page
                  + ", protection=[READ, WRITE], flags=[PRIVATE, ANONYMOUS, FIXED_NOREPLACE], fd=-1,"
                  + " offset=0): EEXIST (17); in that range lies 0x400000001000-0x400000003000 r--s "
                  + path
                  + ", 0x400000004000-0x400000005000 rw-p anonymous");
      assertThat(refused.occupants())
          .containsExactly(
              new MemoryRange(address + page, address + 3L * page, "r--s", path.toString()),
              new MemoryRange(address + 4L * page, address + 5L * page, "rw-p", ""));
      assertThat(occupant.byteBuffer().get(0)).isZero();
      assertThat(other.byteBuffer().get(0)).isZero();
      assertThatThrownBy(
              () -> Mapping.anonymous(page).at(address + 5L * page).guarded().posix(posix).map())
          .as("a guard has no room")
          .isInstanceOf(AddressOccupiedException.class)
          .hasMessageContaining("0x400000004000-0x400000005000 rw-p anonymous");
    }
  }

  @Test
  void ofManyOccupantsAFewAreNamed() {
    final long address = freeAddress(40);
    final Mapping pattern = Mapping.anonymous(40L * page).at(address).posix(posix).map();
    for (int i = 1; i < 40; i += 2) {
      pattern.unmap((long) i * page, page);
    }
    try (pattern) {
      assertThatThrownBy(() -> Mapping.anonymous(40L * page).at(address).posix(posix).map())
          .hasMessageEndingWith("0x400000008000-0x400000009000 rw-p anonymous and 15 more");
    }
  }

  /** As before Linux 4.17, where the flag is not known and the address is a hint. */
  @Test
  void anOldKernelThatMapsElsewhereIsNotBelieved() throws IOException {
    final Path path = Files.write(directory.resolve("file"), new byte[page]);
    final MisplacingPosix old = new MisplacingPosix(posix);
    final long address = freeAddress(4);
    old.takeForHints(1);
    assertThatThrownBy(() -> Mapping.anonymous(page).at(address).posix(old).map())
        .isInstanceOf(AddressOccupiedException.class)
        .hasMessageContaining("EEXIST (17); something was mapped in that range, but has gone");
    old.takeForHints(1);
    assertThatThrownBy(() -> Mapping.anonymous(page).at(address).guarded().posix(old).map())
        .isInstanceOf(AddressOccupiedException.class);
    old.takeForHints(1);
    assertThatThrownBy(() -> Mapping.ofFile(path).at(address).posix(old).map())
        .isInstanceOf(AddressOccupiedException.class);
    assertThat(posix.mappedBytes()).isZero();
  }

  @Test
  void whatLiesThereIsReplacedOnDemand() {
    final long address = freeAddress(4);
    // Not a Mapping, which would not know of it.
    posix.mmap(
        address,
        4L * page,
        EnumSet.of(Protection.READ, Protection.WRITE),
        EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.FIXED_NOREPLACE),
        Posix.NO_FILE,
        0);
    NativeMemory.fill(address, 4L * page, (byte) 9);

    try (Mapping mapping =
        Mapping.anonymous(2L * page).replacing(address + page).posix(posix).map()) {
      assertThat(mapping.address()).isEqualTo(address + page);
      assertThat(mapping.byteBuffer().get(0)).isZero();
      assertThat(NativeMemory.byteBuffer(address, page).get(page - 1)).isEqualTo((byte) 9);
      assertThat(NativeMemory.byteBuffer(address + 3L * page, page).get(0)).isEqualTo((byte) 9);
    }
    posix.munmap(address, page);
    posix.munmap(address + 3L * page, page);
  }

  @Test
  void aReservedRangeIsFilledPieceByPiece() throws IOException {
    final Path path = Files.write(directory.resolve("file"), new byte[2 * page]);
    try (Mapping range = Mapping.anonymous(16L * page).protection().posix(posix).map()) {
      final Mapping memory = Mapping.anonymous(4L * page).over(range, 2L * page).posix(posix).map();
      final Mapping file = Mapping.ofFile(path).over(range, 8L * page).posix(posix).map();

      assertThat(memory.address()).isEqualTo(range.address() + 2L * page);
      assertThat(file.address()).isEqualTo(range.address() + 8L * page);
      memory.buffer().putLong(0, 4711);
      assertThat(range.parts().stream().map(MappedPart::offset))
          .containsExactly(0L, 6L * page, 10L * page);
      assertThatThrownBy(() -> Mapping.anonymous(page).over(range, 2L * page).posix(posix).map())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is not mapped any more from offset " + 2 * page + " on");
      assertThatThrownBy(() -> Mapping.anonymous(page).over(range, 16L * page).posix(posix).map())
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> Mapping.anonymous(page).over(range, 1).posix(posix).map())
          .isInstanceOf(IllegalArgumentException.class);

      memory.close();
      range.protect(0, 2L * page, READ_WRITE);
      range.unmap();
      assertThat(file.byteBuffer().get(0)).as("is still there").isZero();
      file.close();
    }
  }

  @Test
  void aRefusedPieceLeavesARangeThatKnowsWhatItHas() {
    try (FileHandle writeOnly =
            FileHandle.open(directory.resolve("f"), OpenFlag.WRONLY, OpenFlag.CREAT);
        Mapping range = Mapping.anonymous(4L * page).protection().posix(posix).map()) {
      writeOnly.resize(page);
      assertThatThrownBy(() -> Mapping.of(writeOnly).over(range, page).posix(posix).map())
          .hasMessageContaining("EACCES (13)");
      assertThat(range.parts()).hasSize(1);
      final FaultyPosix faulty = new FaultyPosix(posix);
      faulty.armOnce(Errno.ENOMEM, "mmap", 1);
      assertThatThrownBy(() -> Mapping.anonymous(page).over(range, page).posix(faulty).map())
          .hasMessageContaining("ENOMEM (12)");
      assertThat(range.parts()).hasSize(1);
    }
  }
}
