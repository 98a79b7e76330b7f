package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code munmap} of all, of an end, of the middle. */
@EnabledOnOs(OS.LINUX)
final class PartialUnmapTest {

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final CountingPosix posix = left.posix();
  private final int page = posix.pageSize();

  @Test
  void whatRemainsOfTheMiddleIsKnownAndUsable() {
    try (Mapping mapping = Mapping.anonymous(10L * page - 5).posix(posix).map()) {
      NativeMemory.fill(mapping.address(), 10L * page, (byte) 7);

      mapping.unmap(3L * page, 4L * page);

      assertThat(mapping.parts())
          .containsExactly(
              new MappedPart(0, mapping.address(), 3L * page, mapping.protection()),
              new MappedPart(
                  7L * page, mapping.address() + 7L * page, 3L * page - 5, mapping.protection()));
      assertThat(posix.mappedBytes()).isEqualTo(6L * page);
      assertThat(mapping.buffer(0, 3 * page).getByte(3 * page - 1)).isEqualTo((byte) 7);
      assertThat(mapping.buffer(7L * page, 3 * page - 5).getByte(0)).isEqualTo((byte) 7);
      mapping.byteBuffer(9L * page, 8).putLong(0, 4711);
      assertThatThrownBy(() -> mapping.buffer(2L * page, 2 * page))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "the range with offset "
                  + 2 * page
                  + " and length "
                  + 2 * page
                  + " of this mapping is not mapped any more from offset "
                  + 3 * page
                  + " on");
      assertThatThrownBy(() -> mapping.byteBuffer(5L * page, 1))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(mapping::buffer).isInstanceOf(IllegalStateException.class);
      mapping.advise(Advice.DONTNEED);
      mapping.protect(Protection.READ);
      mapping.sync();
      assertThat(mapping.residentPages().stream()).isEmpty();
      assertThat(mapping.length()).isEqualTo(10L * page - 5);
    }
  }

  @Test
  void theEndsAreUnmapped() {
    try (Mapping mapping = Mapping.anonymous(10L * page - 5).posix(posix).map()) {
      mapping.unmap(0, 2L * page);
      mapping.unmap(8L * page, 2L * page - 5);

      assertThat(mapping.parts()).hasSize(1);
      assertThat(mapping.parts().get(0).length()).isEqualTo(6L * page);
      mapping.buffer(2L * page, 6 * page).putLong(0, 1);
      assertThat(posix.mappedBytes()).isEqualTo(6L * page);
    }
  }

  @Test
  void aSecondUnmapIsAnException() {
    final Mapping mapping = Mapping.anonymous(4L * page).posix(posix).map();
    mapping.unmap(page, page);
    assertThatThrownBy(() -> mapping.unmap(page, page))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is not mapped any more from offset " + page + " on");
    assertThatThrownBy(() -> mapping.unmap(0, 2L * page)).isInstanceOf(IllegalStateException.class);
    mapping.unmap();
    final long calls = posix.count("munmap");

    assertThatThrownBy(mapping::unmap)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching("this mapping of \\d+ bytes at 0x[0-9a-f]+ is unmapped");
    mapping.close();
    mapping.close();
    assertThat(posix.count("munmap")).as("nothing was unmapped twice").isEqualTo(calls);
  }

  @Test
  void theLastPartEndsTheWhole() {
    final FileHandle file = FileHandle.inMemory("parts");
    file.resize(3L * page);
    final Mapping mapping = Mapping.of(file).posix(posix).map();
    file.close();

    mapping.unmap(page, 2L * page);
    assertThat(mapping.isMapped()).isTrue();
    mapping.unmap(0, page);

    assertThat(mapping.isMapped()).isFalse();
    assertThat(mapping.parts()).isEmpty();
    assertThatThrownBy(mapping::unmap).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void everyUseAfterwardsIsAnException() {
    final Mapping mapping = Mapping.anonymous(4L * page).posix(posix).map();
    mapping.close();

    final List<ThrowingCallable> uses =
        List.of(
            mapping::buffer,
            () -> mapping.buffer(0, 1),
            mapping::byteBuffer,
            () -> mapping.byteBuffer(0, 1),
            mapping::address,
            mapping::length,
            mapping::protection,
            () -> mapping.protect(Protection.READ),
            () -> mapping.protect(0, page),
            mapping::unmap,
            () -> mapping.unmap(0, page),
            () -> mapping.resize(page),
            () -> mapping.tryResizeInPlace(page),
            mapping::sync,
            () -> mapping.sync(0, 1),
            () -> mapping.advise(Advice.DONTNEED),
            () -> mapping.advise(0, page, Advice.DONTNEED),
            mapping::lock,
            mapping::unlock,
            mapping::residentPages,
            mapping::residentBytes,
            () -> mapping.name("x"),
            () -> Mapping.anonymous(page).over(mapping, 0).posix(posix).map());
    posix.resetCounts();
    for (ThrowingCallable use : uses) {
      assertThatThrownBy(use)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageEndingWith("is unmapped");
    }
    assertThat(mapping.isMapped()).isFalse();
    assertThat(mapping.parts()).isEmpty();
    assertThat(mapping).hasToString("an unmapped mapping");
    for (String call :
        List.of("munmap", "mprotect", "madvise", "mremap", "msync", "mlock", "mincore", "mmap")) {
      assertThat(posix.count(call)).as(call).isZero();
    }
  }

  @Test
  void rangesThatAreNoneAreRefused() {
    try (Mapping mapping = Mapping.anonymous(4L * page - 10).posix(posix).map()) {
      for (long[] range :
          new long[][] {
            {-1, 1},
            {0, -1},
            {0, 4L * page - 9},
            {4L * page, 1},
            {4L * page - 10, 1},
            {Long.MAX_VALUE, 1},
            {Long.MIN_VALUE, Long.MIN_VALUE},
            {1, Long.MAX_VALUE}
          }) {
        assertThatThrownBy(() -> mapping.unmap(range[0], range[1]))
            .isInstanceOf(IndexOutOfBoundsException.class)
            .hasMessage(
                "offset "
                    + range[0]
                    + " and length "
                    + range[1]
                    + " are no range within the mapping, which has "
                    + (4 * page - 10)
                    + " bytes");
        assertThatThrownBy(() -> mapping.protect(range[0], range[1]))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> mapping.advise(range[0], range[1], Advice.DONTNEED))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> mapping.sync(range[0], range[1]))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
      for (long[] range : new long[][] {{1, page}, {0, 1}, {0, 0}, {page, page + 1}}) {
        assertThatThrownBy(() -> mapping.unmap(range[0], range[1]))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("must be a multiple of the page size, " + page);
        assertThatThrownBy(() -> mapping.protect(range[0], range[1]))
            .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> mapping.advise(range[0], range[1], Advice.DONTNEED))
            .isInstanceOf(IllegalArgumentException.class);
      }
      for (int[] view : new int[][] {{-1, 1}, {0, -1}, {4 * page - 10, 1}, {0, 4 * page}}) {
        assertThatThrownBy(() -> mapping.buffer(view[0], view[1]))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> mapping.byteBuffer(view[0], view[1]))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
      assertThat(mapping.byteBuffer(4L * page - 10, 0).capacity()).isZero();
      assertThat(mapping.parts()).hasSize(1);
    }
    try (Mapping huge = Mapping.anonymous(1L << 31).flags(MapFlag.NORESERVE).posix(posix).map()) {
      assertThatThrownBy(huge::buffer)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "a view has at most 2147483647 bytes, but this mapping has 2147483648: make views of"
                  + " its parts, with an offset and a length");
    }
  }

  @Test
  void aHoleThatSomebodyElseMapsIsLeftAlone() {
    final Mapping mapping = Mapping.anonymous(4L * page).posix(posix).map();
    mapping.unmap(page, 2L * page);
    try (Mapping stranger =
        Mapping.anonymous(2L * page).at(mapping.address() + page).posix(posix).map()) {
      stranger.buffer().putLong(0, 4711);
      mapping.close();
      assertThat(stranger.buffer().getLong(0)).isEqualTo(4711);
    }
  }
}
