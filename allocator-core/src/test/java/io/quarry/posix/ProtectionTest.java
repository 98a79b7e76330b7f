package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.child.ChildJvm;
import io.quarry.child.MappingProbe;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
final class ProtectionTest {

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final CountingPosix posix = left.posix();
  private final int page = posix.pageSize();

  @Test
  void aWriteToReadOnlyMemoryIsRefusedInJava() {
    try (Mapping mapping = Mapping.anonymous(4L * page).posix(posix).map()) {
      mapping.buffer().putInt(0, 4711);
      mapping.protect(Protection.READ);

      final ByteBuffer bytes = mapping.byteBuffer();
      final UnsafeBuffer buffer = mapping.buffer();
      assertThat(bytes.isReadOnly()).isTrue();
      assertThatThrownBy(() -> bytes.put(0, (byte) 1)).isInstanceOf(ReadOnlyBufferException.class);
      assertThatThrownBy(() -> buffer.putByte(0, (byte) 1))
          .isInstanceOf(ReadOnlyBufferException.class);
      assertThat(buffer.getInt(0)).isEqualTo(4711);
      assertThat(bytes.get(4)).isZero();

      mapping.protect(Protection.READ, Protection.WRITE);
      mapping.buffer().putInt(0, 1);
      assertThat(buffer.getInt(0)).isOne();
    }
  }

  @Test
  void aViewIsWritableOnlyIfAllOfItIs() {
    try (Mapping mapping = Mapping.anonymous(4L * page).posix(posix).map()) {
      mapping.protect(page, 2L * page, Protection.READ);

      assertThat(mapping.byteBuffer(0, page).isReadOnly()).isFalse();
      assertThat(mapping.byteBuffer(0, page + 1).isReadOnly()).isTrue();
      assertThat(mapping.byteBuffer(3L * page - 1, 2).isReadOnly()).isTrue();
      assertThat(mapping.byteBuffer(3L * page, page).isReadOnly()).isFalse();
      assertThat(mapping.byteBuffer().isReadOnly()).isTrue();
      assertThat(mapping.protection()).containsExactly(Protection.READ);
      assertThat(mapping.parts().stream().map(MappedPart::offset))
          .containsExactly(0L, (long) page, 3L * page);
      mapping.protect(page, 2L * page, Protection.READ, Protection.WRITE);
      assertThat(mapping.parts()).hasSize(1);
    }
  }

  /** For those who print them. */
  @Test
  void setsAreInOrder() {
    try (Mapping mapping =
        Mapping.anonymous(page)
            .protection(Protection.EXECUTE, Protection.WRITE, Protection.READ)
            .flags(MapFlag.STACK, MapFlag.NORESERVE)
            .posix(posix)
            .map()) {
      assertThat(mapping.parts().get(0).protection()).containsExactly(Protection.values());
      assertThat(mapping.protection()).containsExactly(Protection.values());
      assertThat(mapping.flags())
          .containsExactly(MapFlag.PRIVATE, MapFlag.ANONYMOUS, MapFlag.NORESERVE, MapFlag.STACK);
      assertThatThrownBy(() -> mapping.flags().clear())
          .isInstanceOf(UnsupportedOperationException.class);
    }
  }

  @Test
  void whatMayNotBeReadHasNoView() {
    try (Mapping mapping = Mapping.anonymous(2L * page).protection().posix(posix).map()) {
      assertThat(mapping.protection()).isEmpty();
      assertThatThrownBy(mapping::buffer)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "the range with offset 0 and length "
                  + 2 * page
                  + " of this mapping may not be read: its protection is []; call protect to"
                  + " change that");
      assertThatThrownBy(() -> mapping.byteBuffer(page, 1))
          .isInstanceOf(IllegalStateException.class);
      mapping.protect(Protection.WRITE);
      assertThatThrownBy(mapping::byteBuffer).hasMessageContaining("its protection is [WRITE]");
      mapping.protect(page, page, Protection.READ);
      assertThat(mapping.byteBuffer(page, page).isReadOnly()).isTrue();
    }
  }

  @Test
  void theKernelHoldsItToo() {
    try (Mapping mapping = Mapping.anonymous(4L * page).posix(posix).map()) {
      mapping.protect(0, page);
      mapping.protect(page, page, Protection.READ);
      mapping.protect(2L * page, page, Protection.READ, Protection.EXECUTE);
      final String[] expected = {"---p", "r--p", "r-xp", "rw-p"};
      for (int i = 0; i < expected.length; i++) {
        assertThat(
                ProcMaps.mappingAt(mapping.address() + (long) i * page).orElseThrow().permissions())
            .isEqualTo(expected[i]);
      }
    }
  }

  /** The one thing that Java cannot hold back, as the Javadoc of Mapping says. */
  @Test
  void anOlderViewOfWhatIsNowReadOnlyEndsTheJvm() {
    final ChildJvm.Result result = MappingProbe.run("write-read-only");

    assertThat(result.lines()).contains("read 1").doesNotContain("written");
    assertThat(result.lines()).anyMatch(line -> line.contains("SIGSEGV"));
    assertThat(result.exitCode()).isNotZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"before", "behind"})
  void aGuardPageStopsWhoeverRunsPastTheEnd(String side) {
    final ChildJvm.Result result = MappingProbe.run("past-guard", side);

    assertThat(result.lines()).contains("inside").doesNotContain("outside");
    assertThat(result.lines()).anyMatch(line -> line.contains("SIGSEGV"));
    assertThat(result.exitCode()).isNotZero();
  }

  @Test
  void guardPagesLieAroundAMappingAndGoWithIt() {
    final Mapping mapping = Mapping.anonymous(4L * page).guarded().posix(posix).map();
    final long address = mapping.address();
    assertThat(posix.mappedBytes()).isEqualTo(6L * page);
    assertThat(ProcMaps.mappingAt(address - 1).orElseThrow().permissions()).isEqualTo("---p");
    assertThat(ProcMaps.mappingAt(address + 4L * page).orElseThrow().permissions())
        .isEqualTo("---p");

    mapping.close();
    assertThat(posix.mappedRanges()).isEmpty();
  }

  @Test
  void codeRunsWhereItMayBeExecuted() {
    final ChildJvm.Result result = MappingProbe.run("execute", "true");

    assertThat(result.lines()).containsExactly("written", "returned 42");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void codeDoesNotRunWhereItMayNotBeExecuted() {
    final ChildJvm.Result result = MappingProbe.run("execute", "false");

    assertThat(result.lines()).contains("written").doesNotContain("returned 42");
    assertThat(result.lines()).anyMatch(line -> line.contains("SIGSEGV"));
    assertThat(result.exitCode()).isNotZero();
  }
}
