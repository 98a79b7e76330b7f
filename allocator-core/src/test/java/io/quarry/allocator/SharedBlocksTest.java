package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.allocator.InvalidOffsetException.Reason;
import io.quarry.posix.Errno;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.PosixException;
import io.quarry.region.Geometry;
import io.quarry.slab.SizeClasses;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a second process sees, tried within one. */
@EnabledOnOs(OS.LINUX)
final class SharedBlocksTest {
  private static final long MIB = 1L << 20;
  private static final long GRANULE = Geometry.GRANULE_BYTES;

  @RegisterExtension static final NothingShared LEFT = new NothingShared();

  private final ManualClock clock = new ManualClock();
  private final SlabAllocator allocator =
      SlabAllocator.builder()
          .capacity(256 * MIB)
          .regionSize(4 * MIB)
          .idleTime(Duration.ofMillis(1))
          .backing(Backing.sharedMemory())
          .clock(clock)
          .build();
  private final SharedBlocks reader = SharedBlocks.attach(allocator.backingPath());

  @AfterEach
  void close() {
    reader.close();
    allocator.close();
  }

  private Reason reasonOf(final long offset, final int length) {
    try {
      reader.byteBuffer(offset, length);
      return null;
    } catch (final InvalidOffsetException refused) {
      assertThat(refused.offset()).isEqualTo(offset);
      assertThat(refused.getMessage())
          .contains("byteBuffer(" + offset + ") in " + allocator.backingPath());
      return refused.reason();
    }
  }

  /** Each class, from its first block to its last and behind. */
  @Test
  void everyOffsetOfASlabIsToldApart() {
    for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
      final int blockBytes = SizeClasses.bytes(sizeClass);
      final long address = allocator.malloc(blockBytes);
      final long offset = allocator.offsetOf(address);
      final long slabBytes = SizeClasses.granules(sizeClass) * GRANULE;
      final long blocks = slabBytes / blockBytes;
      // The first block of a new slab, or of one that compaction may have left: find its start.
      assertThat(reader.usableSize(offset)).isEqualTo(blockBytes);
      for (final long index : new long[] {0, 1, blocks / 2, blocks - 1}) {
        final long start = offset + index * blockBytes;
        assertThat(reasonOf(start, blockBytes)).as("class %d", sizeClass).isNull();
        assertThat(reasonOf(start, blockBytes + 1)).isEqualTo(Reason.BEYOND_BLOCK);
        assertThat(reasonOf(start + 1, 0)).isEqualTo(Reason.INTERIOR);
        assertThat(reasonOf(start + blockBytes - 1, 0)).isEqualTo(Reason.INTERIOR);
      }
      if (blocks * blockBytes < slabBytes) {
        assertThat(reasonOf(offset + blocks * blockBytes, 0)).isEqualTo(Reason.NO_BLOCK);
        assertThat(reasonOf(offset + slabBytes - 1, 0)).isEqualTo(Reason.NO_BLOCK);
      }
      allocator.free(address);
      clock.advance(Duration.ofSeconds(1));
      allocator.trim();
      assertThat(reasonOf(offset, 0)).as("slab gone").isEqualTo(Reason.NO_BLOCK);
    }
  }

  @Test
  void whatNoBlockCanBeIsRefused() throws IOException {
    final long address = allocator.malloc(3 * MIB);
    final long offset = allocator.offsetOf(address);
    final long size = Files.size(allocator.backingPath());

    assertThat(reasonOf(offset, (int) (3 * MIB))).isNull();
    assertThat(reasonOf(offset, (int) (3 * MIB + 1))).isEqualTo(Reason.BEYOND_BLOCK);
    assertThat(reasonOf(offset + MIB, 1)).isEqualTo(Reason.INTERIOR);
    assertThat(reasonOf(offset + 3 * MIB, 1)).as("never issued").isEqualTo(Reason.NO_BLOCK);
    assertThat(reasonOf(size - GRANULE, 1)).isEqualTo(Reason.NO_BLOCK);
    for (final long outside :
        new long[] {-1, Long.MIN_VALUE, 0, 8, 100_000, size, 1L << 47, Long.MAX_VALUE}) {
      assertThat(reasonOf(outside, 1)).as("%d", outside).isEqualTo(Reason.OUTSIDE);
    }
    assertThat(reader.byteBuffer(offset, 2 * MIB, 10).capacity()).isEqualTo(10);
    for (final long from : new long[] {-1, 3 * MIB, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> reader.byteBuffer(offset, from, 1))
          .isInstanceOfSatisfying(
              InvalidOffsetException.class,
              refused -> assertThat(refused.reason()).isEqualTo(Reason.BEYOND_BLOCK));
    }
    assertThatThrownBy(() -> reader.byteBuffer(offset, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("length -1");
  }

  @Test
  void resizedBlocksAreToldOf() {
    final long address = allocator.malloc(2 * MIB);
    final long offset = allocator.offsetOf(address);
    assertThat(allocator.realloc(address, 3 * MIB)).isEqualTo(address);
    assertThat(reader.usableSize(offset)).isEqualTo(3 * MIB);
    assertThat(allocator.realloc(address, MIB + 1)).isEqualTo(address);
    assertThat(reader.usableSize(offset)).isEqualTo(MIB + GRANULE);
    for (long at = offset + MIB + GRANULE; at < offset + 3 * MIB; at += GRANULE) {
      assertThat(reasonOf(at, 0)).isEqualTo(Reason.NO_BLOCK);
    }
  }

  /** Also in large ones, and where old ranges are joined to new ones across a reader's windows. */
  @Test
  void theReaderFollowsTheFileAsItGrows() {
    final List<Long> offsets = new ArrayList<>();
    for (int round = 0; round < 30; round++) {
      final long bytes = round % 5 == 4 ? 7 * MIB : 700_000;
      final long address = allocator.malloc(bytes);
      allocator.byteBuffer(address, (int) bytes).putLong((int) bytes - 8, round);
      offsets.add(allocator.offsetOf(address));
      assertThat(reader.byteBuffer(offsets.get(round), (int) bytes).getLong((int) bytes - 8))
          .isEqualTo(round);
    }
    for (final long offset : offsets) {
      allocator.free(allocator.addressOf(offset));
    }
    clock.advance(Duration.ofSeconds(1));
    allocator.trim();
    assertThat(allocator.stats().reservedBytes()).isZero();
    for (final long bytes : new long[] {20 * MIB, 11 * MIB, 37 * MIB}) {
      final long address = allocator.malloc(bytes);
      NativeMemory.fill(address, bytes, (byte) 3);
      final ByteBuffer view = reader.byteBuffer(allocator.offsetOf(address), (int) bytes);
      for (int at = 0; at < bytes; at += 4_096) {
        assertThat(view.get(at)).isEqualTo((byte) 3);
      }
    }
  }

  @Test
  void aViewStaysReadableWhateverTheOwnerDoes() {
    final long address = allocator.malloc(5 * MIB);
    NativeMemory.fill(address, 5 * MIB, (byte) 4);
    final ByteBuffer view = reader.byteBuffer(allocator.offsetOf(address), (int) (5 * MIB));
    allocator.free(address);
    clock.advance(Duration.ofSeconds(1));
    allocator.housekeep();
    assertThat(view.get(12_345)).as("given back").isZero();
    final long live = allocator.malloc(100);
    allocator.byteBuffer(live, 4).putInt(0, 77);
    final ByteBuffer small = reader.byteBuffer(allocator.offsetOf(live), 4);

    assertThat(reader.isClosedByOwner()).isFalse();
    final long offset = allocator.offsetOf(live);
    allocator.close();

    assertThat(reader.isClosedByOwner()).isTrue();
    assertThat(view.get(12_345)).isZero();
    assertThat(small.getInt(0)).isEqualTo(77);
    assertThatThrownBy(() -> reader.byteBuffer(offset, 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the owner has closed");
  }

  @Test
  void readersCannotWriteAndWritersCan() {
    final long address = allocator.calloc(1, 64);
    final long offset = allocator.offsetOf(address);
    final ByteBuffer view = reader.byteBuffer(offset, 64);
    assertThat(view.isReadOnly()).isTrue();
    assertThatThrownBy(() -> view.put(0, (byte) 1)).isInstanceOf(ReadOnlyBufferException.class);
    assertThatThrownBy(() -> reader.writableBuffer(offset, 64))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("attachForWriting");
    try (SharedBlocks writer = SharedBlocks.attachForWriting(allocator.backingPath())) {
      writer.byteBuffer(offset, 64).putInt(0, 0x01020304);
      writer.writableBuffer(offset, 64).putInt(4, 5);
      writer.writableBuffer(offset, 64).putIntOrdered(8, 6);
    }
    assertThat(view.getInt(0)).isEqualTo(0x01020304);
    assertThat(reader.buffer(offset, 64).getInt(4)).isEqualTo(5);
    assertThat(allocator.buffer(address, 64).getIntVolatile(8)).isEqualTo(6);
    assertThatThrownBy(() -> reader.buffer(offset, 65)).isInstanceOf(InvalidOffsetException.class);
  }

  @Test
  void afterClosingEveryCallIsAnException() {
    final long offset = allocator.offsetOf(allocator.malloc(10));
    reader.close();
    reader.close();
    assertThatThrownBy(() -> reader.byteBuffer(offset, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> reader.usableSize(offset)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(reader::isClosedByOwner).isInstanceOf(IllegalStateException.class);
    allocator.close();
    assertThatThrownBy(() -> allocator.offsetOf(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> allocator.addressOf(offset)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(allocator::backingPath).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void otherFilesAreRefused(@TempDir final Path directory) throws IOException {
    final Path path = directory.resolve("file");
    assertThatThrownBy(() -> SharedBlocks.attach(path))
        .isInstanceOfSatisfying(
            PosixException.class, e -> assertThat(e.error()).isEqualTo(Errno.ENOENT));
    Files.write(path, new byte[100]);
    assertThatThrownBy(() -> SharedBlocks.attach(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(path + ": too short");
    Files.write(path, new byte[4 << 20]);
    assertThatThrownBy(() -> SharedBlocks.attach(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no file of an allocator")
        .hasMessageContaining("begins with 0x0000000000000000");
    try (FileChannel from = FileChannel.open(allocator.backingPath(), StandardOpenOption.READ);
        FileChannel to = FileChannel.open(path, StandardOpenOption.WRITE)) {
      from.transferTo(0, 32, to);
      final ByteBuffer magic = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
      from.read(magic, 0);
      to.write(magic.putLong(0, magic.getLong(0) + 1).flip(), 0);
    }
    assertThatThrownBy(() -> SharedBlocks.attach(path))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("made by another version of the library, layout 2");
    assertThatThrownBy(() -> SharedBlocks.attach(directory))
        .isInstanceOfAny(PosixException.class, IllegalArgumentException.class);
  }
}
