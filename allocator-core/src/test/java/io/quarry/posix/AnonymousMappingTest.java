package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.child.ChildJvm;
import io.quarry.child.MappingProbe;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

@EnabledOnOs(OS.LINUX)
final class AnonymousMappingTest {

  private static final long MIB = 1L << 20;

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final Posix posix = left.posix();
  private final int page = posix.pageSize();

  @Test
  void itIsZeroAndKeepsWhatIsWrittenThroughEitherView() {
    try (Mapping mapping = Mapping.anonymous(MIB).posix(posix).map()) {
      final UnsafeBuffer buffer = mapping.buffer();
      final ByteBuffer bytes = mapping.byteBuffer();
      assertThat(buffer.capacity()).isEqualTo((int) MIB);
      assertThat(bytes.remaining()).isEqualTo((int) MIB);
      for (int i = 0; i < MIB; i += Long.BYTES) {
        assertThat(bytes.getLong(i)).isZero();
      }
      buffer.putLong(8, 0x0102030405060708L, ByteOrder.BIG_ENDIAN);
      assertThat(bytes.getLong(8)).isEqualTo(0x0102030405060708L);
      bytes.put((int) MIB - 1, (byte) 9);
      assertThat(mapping.buffer(MIB - 1, 1).getByte(0)).isEqualTo((byte) 9);
    }
  }

  @Test
  void pagesAreNotResidentBeforeTheyAreTouched() {
    try (Mapping mapping = Mapping.anonymous(64 * MIB).posix(posix).map()) {
      mapping.advise(Advice.NOHUGEPAGE);
      assertThat(mapping.residentPages().stream()).isEmpty();

      mapping.byteBuffer(5L * page + 100, 1).put(0, (byte) 1);
      mapping.byteBuffer(64 * MIB - 1, 1).put(0, (byte) 1);

      final int last = (int) (64 * MIB / page) - 1;
      assertThat(mapping.residentPages().stream()).containsExactly(5, last);
      assertThat(mapping.residentBytes()).isEqualTo(2L * page);
      final long address = mapping.address();
      assertThat(ProcMaps.rssBytes(address, address + 64 * MIB)).isEqualTo(2L * page);
    }
  }

  @Test
  void itKnowsWhatItIs() {
    try (Mapping mapping = Mapping.anonymous(100).flags(MapFlag.NORESERVE).posix(posix).map()) {
      assertThat(mapping.address() % page).isZero();
      assertThat(mapping.length()).isEqualTo(100);
      assertThat(mapping.pageBytes()).isEqualTo(page);
      assertThat(mapping.flags())
          .containsExactlyInAnyOrder(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.NORESERVE);
      assertThat(mapping.protection()).containsExactlyInAnyOrder(Protection.READ, Protection.WRITE);
      assertThat(mapping.file()).isEmpty();
      assertThat(mapping.isMapped()).isTrue();
      assertThat(mapping.parts())
          .containsExactly(new MappedPart(0, mapping.address(), 100, mapping.protection()));
      assertThat(mapping)
          .hasToString(
              "100 bytes at 0x"
                  + Long.toHexString(mapping.address())
                  + ", [READ, WRITE], [PRIVATE, ANONYMOUS, NORESERVE]");
    }
  }

  @Test
  void memoryThatIsSharedIsTheProcessesFile() {
    try (Mapping mapping = Mapping.anonymous(4L * page).shared().posix(posix).map()) {
      mapping.byteBuffer().put(0, (byte) 1);

      final ProcMaps.Mapping seen = ProcMaps.mappingAt(mapping.address()).orElseThrow();
      assertThat(seen.permissions()).isEqualTo("rw-s");
      assertThat(seen.path()).isEqualTo("/dev/zero (deleted)");
      assertThat(mapping.residentPages().stream()).containsExactly(0);
    }
  }

  /** The kernel shows it as a file to those who have CAP_CHECKPOINT_RESTORE, such as root. */
  @Test
  void memoryThatIsSharedCanBeMappedByAnotherProcess() {
    try (Mapping mapping = Mapping.anonymous(4L * page).shared().posix(posix).map()) {
      final ProcMaps.Mapping seen = ProcMaps.mappingAt(mapping.address()).orElseThrow();
      final String range = Long.toHexString(seen.from()) + '-' + Long.toHexString(seen.to());
      final String pid = Long.toString(ProcessHandle.current().pid());
      final Path path = Path.of("/proc", pid, "map_files", range);
      assumeTrue(Files.isReadable(path), "only root may look into map_files");
      mapping.byteBuffer().putLong(0, 4711);

      final ChildJvm.Result child = MappingProbe.run("map-file", path.toString());

      assertThat(child.lines()).containsExactly("found 4711 in " + 4 * page);
      assertThat(mapping.byteBuffer().getLong(8))
          .as("the number of the other process")
          .isPositive()
          .isNotEqualTo(ProcessHandle.current().pid());
    }
  }

  @Test
  void viewsReachBeyondFourGibibytes() {
    final long length = (5L << 30) + 10;
    try (Mapping mapping = Mapping.anonymous(length).flags(MapFlag.NORESERVE).posix(posix).map()) {
      mapping.buffer(length - 8, 8).putLong(0, 4711);
      assertThat(mapping.buffer(length - 8, 8).getLong(0)).isEqualTo(4711);
      assertThat(mapping.residentPages().stream()).containsExactly((int) (length / page));
    }
  }
}
