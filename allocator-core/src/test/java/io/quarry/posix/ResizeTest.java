package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code mremap}: in place where there is room, elsewhere where there is none. */
@EnabledOnOs(OS.LINUX)
final class ResizeTest {

  private static final Protection[] READ_WRITE = {Protection.READ, Protection.WRITE};
  private static final long FREE = 0x4000_0000_0000L;

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final CountingPosix posix = left.posix();
  private final int page = posix.pageSize();

  @Test
  void itGrowsInPlaceWhereThereIsRoom() {
    try (Mapping mapping = Mapping.anonymous(4L * page).at(FREE).posix(posix).map()) {
      mapping.buffer().putLong(3 * page, 4711);

      assertThat(mapping.tryResizeInPlace(100L * page + 1)).isTrue();

      assertThat(mapping.address()).isEqualTo(FREE);
      assertThat(mapping.length()).isEqualTo(100L * page + 1);
      assertThat(mapping.buffer().getLong(3 * page)).isEqualTo(4711);
      mapping.buffer().putByte(100 * page, (byte) 1);
      mapping.resize(200L * page);
      assertThat(mapping.address()).isEqualTo(FREE);
    }
  }

  @Test
  void itMovesWhereSomethingIsInTheWay() {
    try (Mapping mapping = Mapping.anonymous(4L * page).at(FREE).posix(posix).map();
        Mapping behind = Mapping.anonymous(page).at(FREE + 4L * page).posix(posix).map()) {
      mapping.buffer().putLong(3 * page, 4711);
      assertThat(mapping.tryResizeInPlace(8L * page)).isFalse();
      assertThat(mapping.length()).isEqualTo(4L * page);
      assertThat(mapping.buffer().getLong(3 * page)).isEqualTo(4711);

      mapping.resize(8L * page);

      assertThat(mapping.address()).isNotEqualTo(FREE);
      assertThat(mapping.buffer().getLong(3 * page)).isEqualTo(4711);
      assertThat(mapping.buffer().getLong(7 * page)).isZero();
      assertThat(ProcMaps.mappingAt(FREE)).isEmpty();
      assertThat(behind.buffer().getLong(0)).isZero();
    }
  }

  @Test
  void itShrinks() {
    try (Mapping mapping = Mapping.anonymous(8L * page).posix(posix).map()) {
      mapping.buffer().putLong(0, 4711);
      final long address = mapping.address();

      mapping.resize(2L * page);

      assertThat(mapping.address()).isEqualTo(address);
      assertThat(mapping.buffer().getLong(0)).isEqualTo(4711);
      assertThat(posix.mappedBytes()).isEqualTo(2L * page);
      assertThatThrownBy(() -> mapping.buffer(2L * page, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      final long calls = posix.count("mremap");
      mapping.resize(page + 1L);
      assertThat(mapping.length()).isEqualTo(page + 1L);
      assertThat(posix.count("mremap")).as("the pages are the same").isEqualTo(calls);
    }
  }

  @Test
  void guardsMoveAlong() {
    try (Mapping mapping = Mapping.anonymous(4L * page).guarded().posix(posix).map()) {
      mapping.buffer().putLong(0, 4711);
      assertThat(mapping.tryResizeInPlace(8L * page)).isFalse();
      for (long pages : new long[] {8, 2, 64}) {
        mapping.resize(pages * page);

        assertThat(mapping.buffer().getLong(0)).isEqualTo(4711);
        assertThat(posix.mappedBytes()).isEqualTo((pages + 2) * page);
        final long address = mapping.address();
        assertThat(ProcMaps.mappingAt(address - 1).orElseThrow().permissions()).isEqualTo("---p");
        assertThat(ProcMaps.mappingAt(address + pages * page).orElseThrow().permissions())
            .isEqualTo("---p");
      }
    }
  }

  @Test
  void aFilesMappingGrowsOverMoreOfTheFile() {
    try (FileHandle file = FileHandle.inMemory("growing")) {
      file.resize(page);
      try (Mapping mapping = Mapping.of(file).protection(READ_WRITE).posix(posix).map()) {
        mapping.resize(4L * page);
        assertThatThrownBy(() -> mapping.buffer(page, 1))
            .isInstanceOf(IndexOutOfBoundsException.class)
            .hasMessageContaining("make the file longer first");
        file.resize(4L * page);
        mapping.buffer().putLong(3 * page, 1);
      }
    }
  }

  @Test
  void whatCannotBeResizedSaysWhy() {
    try (Mapping shared = Mapping.anonymous(2L * page).shared().posix(posix).map()) {
      assertThatThrownBy(() -> shared.resize(3L * page))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageStartingWith("a shared mapping without a file cannot grow");
      shared.resize(page);
    }
    try (Mapping mapping = Mapping.anonymous(4L * page).posix(posix).map()) {
      for (long length : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
        assertThatThrownBy(() -> mapping.resize(length))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("newLength must be at least 1 byte and at most 2^62, but is " + length);
      }
      assertThatThrownBy(() -> mapping.resize(1L << 50))
          .isInstanceOf(PosixException.class)
          .hasMessageContaining("newLength=" + (1L << 50));
      assertThat(mapping.length()).isEqualTo(4L * page);
      mapping.protect(0, page, Protection.READ);
      assertThatThrownBy(() -> mapping.resize(8L * page))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith(
              "only a mapping in one part can be resized, but this one is in 2");
      mapping.protect(0, page, READ_WRITE);
      mapping.resize(8L * page);
      mapping.unmap(7L * page, page);
      assertThatThrownBy(() -> mapping.resize(9L * page)).isInstanceOf(IllegalStateException.class);
    }
  }
}
