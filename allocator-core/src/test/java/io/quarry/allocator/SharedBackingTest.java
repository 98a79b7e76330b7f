package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.posix.Errno;
import io.quarry.posix.FaultyPosix;
import io.quarry.posix.FileData;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.ProcMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Allocators on shared memory and on files, from the owner's side. */
@EnabledOnOs(OS.LINUX)
final class SharedBackingTest {
  private static final long MIB = 1L << 20;

  /** What a file holds besides blocks: its header, and a leaf or two in pieces. */
  private static final long TABLE_BYTES = 512 << 10;

  enum Kind {
    MEMORY,
    FILE,
    FILE_IN_MEMORY
  }

  @TempDir Path disk;

  @TempDir(factory = InMemoryDirectory.class)
  Path memory;

  @RegisterExtension static final NothingShared LEFT = new NothingShared();

  @AfterEach
  void noFileIsLeft() {
    assertThat(disk).isEmptyDirectory();
    assertThat(memory).isEmptyDirectory();
  }

  private Backing backing(final Kind kind) {
    return switch (kind) {
      case MEMORY -> Backing.sharedMemory();
      case FILE -> Backing.file(disk.resolve("blocks"));
      case FILE_IN_MEMORY -> Backing.file(memory.resolve("blocks"));
    };
  }

  private SlabAllocator.Builder builder(final Kind kind) {
    return SlabAllocator.builder()
        .capacity(64 * MIB)
        .regionSize(4 * MIB)
        .idleTime(Duration.ofMillis(50))
        .backing(backing(kind));
  }

  // --- offsets -----------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void offsetsAndAddressesAreOneToOne(final Kind kind) {
    try (SlabAllocator allocator = builder(kind).build()) {
      final Map<Long, Long> ends = new HashMap<>();
      final List<long[]> ranges = new ArrayList<>();
      for (final long size : new long[] {0, 16, 100, 5_000, 40_000, 900_000, 3 * MIB, 9 * MIB}) {
        final long address = allocator.malloc(size);
        final long offset = allocator.offsetOf(address);
        assertThat(allocator.addressOf(offset)).isEqualTo(address);
        assertThat(offset).isPositive();
        ends.put(offset, offset + allocator.usableSize(address));
        ranges.add(new long[] {offset, offset + allocator.usableSize(address)});
      }
      ranges.sort((a, b) -> Long.compare(a[0], b[0]));
      for (int i = 1; i < ranges.size(); i++) {
        assertThat(ranges.get(i)[0]).isGreaterThanOrEqualTo(ranges.get(i - 1)[1]);
      }
      assertThat(ends).hasSize(8);
    }
  }

  @ParameterizedTest
  @EnumSource
  void offsetsStayWhileRegionsComeAndGo(final Kind kind) {
    final ManualClock clock = new ManualClock();
    try (SlabAllocator allocator = builder(kind).clock(clock).build();
        SharedBlocks reader = SharedBlocks.attach(allocator.backingPath())) {
      final Random random = new Random(7);
      final Map<Long, Long> offsets = new HashMap<>();
      long most = 0;
      for (int round = 0; round < 12; round++) {
        final List<Long> passing = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
          passing.add(allocator.malloc(300_000 + random.nextInt(2 << 20)));
        }
        final long kept = allocator.malloc(700);
        allocator.byteBuffer(kept, 8).putLong(0, kept);
        offsets.put(kept, allocator.offsetOf(kept));
        passing.forEach(allocator::free);
        clock.advance(Duration.ofSeconds(1));
        allocator.housekeep();
        offsets.forEach(
            (address, offset) -> {
              assertThat(allocator.offsetOf(address)).isEqualTo(offset);
              assertThat(allocator.addressOf(offset)).isEqualTo(address);
              assertThat(reader.byteBuffer(offset, 8).getLong(0)).isEqualTo(address);
            });
        most = Math.max(most, sizeOf(allocator.backingPath()));
        if (round == 2) {
          most = sizeOf(allocator.backingPath());
        }
      }
      assertThat(most).as("ranges of regions that are gone are used again").isLessThan(130 * MIB);
    }
  }

  private static long sizeOf(final Path path) {
    try {
      return Files.size(path);
    } catch (final IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void onPrivateMemoryThereAreNone() {
    try (SlabAllocator allocator = SlabAllocator.builder().capacity(MIB).build()) {
      final long address = allocator.malloc(10);
      for (final org.assertj.core.api.ThrowableAssert.ThrowingCallable call :
          List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
              () -> allocator.offsetOf(address),
              () -> allocator.addressOf(4096),
              allocator::backingPath)) {
        assertThatThrownBy(call)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("backing(Backing.sharedMemory())");
      }
    }
  }

  @Test
  void badAddressesAndOffsetsAreRefused() {
    try (SlabAllocator allocator = builder(Kind.MEMORY).build()) {
      final long address = allocator.malloc(100);
      final long offset = allocator.offsetOf(address);
      assertThatThrownBy(() -> allocator.offsetOf(address + 16))
          .isInstanceOf(InvalidAddressException.class);
      assertThatThrownBy(() -> allocator.offsetOf(16)).isInstanceOf(InvalidAddressException.class);
      assertThatThrownBy(() -> allocator.addressOf(offset + 16))
          .isInstanceOf(InvalidAddressException.class);
      for (final long outside : new long[] {-1, 0, 4_096, 1L << 40, Long.MIN_VALUE}) {
        assertThatThrownBy(() -> allocator.addressOf(outside))
            .isInstanceOf(InvalidOffsetException.class)
            .hasMessageContaining("addressOf(" + outside + ")");
      }
      allocator.free(address);
      assertThatThrownBy(() -> allocator.addressOf(offset))
          .isInstanceOf(InvalidAddressException.class);
    }
  }

  // --- memory ------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void idleMemoryGoesBackWithoutAnyCall(final Kind kind) throws Exception {
    try (SlabAllocator allocator = builder(kind).build()) {
      final Path path = allocator.backingPath();
      final List<Long> blocks = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        final long address = allocator.malloc(MIB);
        NativeMemory.fill(address, MIB, (byte) 7);
        blocks.add(address);
      }
      assertThat(storageOf(path)).isGreaterThanOrEqualTo(40 * MIB);
      blocks.forEach(allocator::free);
      final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (storageOf(path) > TABLE_BYTES && System.nanoTime() < deadline) {
        Thread.sleep(10);
      }
      assertThat(storageOf(path)).isLessThanOrEqualTo(TABLE_BYTES);
      assertThat(ProcMaps.mappings())
          .filteredOn(mapping -> NothingShared.isBacking(mapping.path()))
          .as("only its header and its leaf are mapped")
          .hasSizeLessThanOrEqualTo(2);
      assertThat(allocator.stats().mappedBytes()).isZero();
    }
  }

  /** Bytes that a file takes, as the file system counts them. */
  private static long storageOf(final Path path) throws Exception {
    final Process stat =
        new ProcessBuilder("stat", "-L", "-c", "%b", path.toString())
            .redirectErrorStream(true)
            .start();
    final String blocks = new String(stat.getInputStream().readAllBytes()).trim();
    assertThat(stat.waitFor()).as(blocks).isZero();
    return Long.parseLong(blocks) * 512;
  }

  @ParameterizedTest
  @EnumSource
  void whatIsDiscardedIsZeroAndStaysMapped(final Kind kind) {
    final ManualClock clock = new ManualClock();
    try (SlabAllocator allocator =
        builder(kind).returnMode(ReturnMode.DISCARD).clock(clock).build()) {
      for (int round = 0; round < 4; round++) {
        final List<Long> blocks = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          // Reused while idle in odd rounds, discarded before in even ones.
          final long address = allocator.calloc(3, 900_000);
          for (int at = 0; at < 2_700_000; at += 4_096) {
            assertThat(allocator.byteBuffer(address, 2_700_000).get(at)).isZero();
          }
          NativeMemory.fill(address, 2_700_000, (byte) 9);
          blocks.add(address);
        }
        Collections.shuffle(blocks, new Random(round));
        blocks.forEach(allocator::free);
        if (round % 2 == 1) {
          clock.advance(Duration.ofSeconds(1));
          allocator.housekeep();
          assertThat(FileData.bytes(allocator.backingPath())).isLessThanOrEqualTo(TABLE_BYTES);
          assertThat(allocator.stats().mappedBytes()).isZero();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theCapacityHolds(final Kind kind) throws Exception {
    try (SlabAllocator allocator = builder(kind).capacity(16 * MIB).build()) {
      final List<Long> blocks = new ArrayList<>();
      for (int round = 0; round < 3; round++) {
        long address = allocator.tryMalloc(10_000 << round * 3);
        while (address != Allocator.NULL) {
          NativeMemory.fill(address, 10_000 << round * 3, (byte) 1);
          blocks.add(address);
          address = allocator.tryMalloc(10_000 << round * 3);
        }
        assertThat(storageOf(allocator.backingPath())).isLessThanOrEqualTo(16 * MIB + TABLE_BYTES);
        assertThat(allocator.stats().mappedBytes()).isBetween(15 * MIB, 16 * MIB);
        blocks.forEach(allocator::free);
        blocks.clear();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void reallocKeepsContentsAndOffsetsWhereItDoesNotMove(final Kind kind) {
    try (SlabAllocator allocator = builder(kind).build();
        SharedBlocks reader = SharedBlocks.attach(allocator.backingPath())) {
      long address = allocator.malloc(2 * MIB);
      for (int i = 0; i < 8; i++) {
        allocator.byteBuffer(address, (int) (2 * MIB)).putLong(i * 200_000, i * 31L);
      }
      for (final long mib : new long[] {3, 6, 4, 12, 2}) {
        final long before = address;
        final long offsetBefore = allocator.offsetOf(address);
        address = allocator.realloc(address, mib * MIB);
        final long offset = allocator.offsetOf(address);
        assertThat(offset == offsetBefore).isEqualTo(address == before);
        assertThat(reader.usableSize(offset)).isEqualTo(mib * MIB);
        for (int i = 0; i < 8; i++) {
          assertThat(reader.byteBuffer(offset, (int) (2 * MIB)).getLong(i * 200_000))
              .isEqualTo(i * 31L);
        }
      }
      allocator.free(address);
    }
  }

  // --- where it cannot be had --------------------------------------------------------------------

  @Test
  void aFullDiskIsARefusal() {
    final FaultyPosix posix = new FaultyPosix(Posix.host());
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(16 * MIB)
            .backing(backing(Kind.FILE_IN_MEMORY))
            .posix(posix)
            .clock(() -> 0)
            .build()) {
      final long block = allocator.malloc(2 * MIB);
      posix.arm(Errno.ENOSPC, (call, n) -> call.equals("fallocate") && n % 2 == 1);
      assertThatThrownBy(() -> allocator.malloc(100_000))
          .isInstanceOf(OffHeapExhaustedException.class)
          .hasMessageContaining("OS_REFUSED")
          .hasMessageContaining("fallocate(")
          .hasMessageContaining("ENOSPC");
      assertThat(allocator.tryMalloc(100_000)).isEqualTo(Allocator.NULL);
      allocator.free(block);
      final long instead = allocator.malloc(MIB + 1);
      assertThat(instead).as("what is idle needs no room").isEqualTo(block);
      posix.disarm();
      allocator.free(allocator.malloc(100_000));
    }
  }

  @Test
  void whatIsIdleElsewhereMakesRoomOnAFullDisk() {
    final FaultyPosix posix = new FaultyPosix(Posix.host());
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(16 * MIB)
            .backing(backing(Kind.FILE_IN_MEMORY))
            .posix(posix)
            .clock(() -> 0)
            .build()) {
      allocator.free(allocator.malloc(2 * MIB));
      posix.armOnce(Errno.ENOSPC, "fallocate", 1);
      allocator.free(allocator.malloc(3 * MIB));
      assertThat(allocator.stats().unmappedBytes()).isEqualTo(2 * MIB);
    }
  }

  @Test
  void whereNoHolesCanBePunchedIdleMemoryIsKept() {
    final FaultyPosix posix = new FaultyPosix(Posix.host());
    posix.arm(Errno.EOPNOTSUPP, (call, n) -> call.equals("fallocate"));
    final ManualClock clock = new ManualClock();
    try (SlabAllocator allocator = builder(Kind.FILE_IN_MEMORY).posix(posix).clock(clock).build()) {
      final long address = allocator.malloc(3 * MIB);
      NativeMemory.fill(address, 3 * MIB, (byte) 5);
      allocator.free(address);
      clock.advance(Duration.ofSeconds(5));
      allocator.housekeep();
      assertThat(allocator.trim()).isZero();
      assertThat(allocator.stats().idleBytes()).isEqualTo(3 * MIB);
      final long again = allocator.calloc(3, MIB);
      assertThat(again).isEqualTo(address);
      for (int at = 0; at < 3 * MIB; at += 4_096) {
        assertThat(allocator.byteBuffer(again, (int) (3 * MIB)).get(at)).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whateverCallFailsWhileItIsMadeNothingIsLeft(final Kind kind) throws IOException {
    final FaultyPosix posix = new FaultyPosix(Posix.host());
    int failures = 0;
    for (final String call :
        List.of("memfd_create", "fcntl", "open", "ftruncate", "fallocate", "mmap")) {
      for (int ordinal = 1; ordinal <= 3; ordinal++) {
        posix.armOnce(Errno.ENOMEM, call, ordinal);
        try {
          builder(kind).posix(posix).build().close();
        } catch (final PosixException refused) {
          assertThat(refused.error()).isEqualTo(Errno.ENOMEM);
          failures++;
        }
        LEFT.assertNothing();
        noFileIsLeft();
      }
    }
    assertThat(failures).isGreaterThanOrEqualTo(4);
  }

  @Test
  void aFileThatIsThereIsNotTouched() throws IOException {
    final Path path = memory.resolve("blocks");
    Files.writeString(path, "somebody else's work, which is longer than a header and is kept");
    assertThatThrownBy(() -> builder(Kind.FILE_IN_MEMORY).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(path + " exists already")
        .hasMessageContaining("not made by an allocator");
    assertThat(path).content().startsWith("somebody else's work");
    Files.delete(path);
    Files.createDirectory(path);
    assertThatThrownBy(() -> builder(Kind.FILE_IN_MEMORY).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no regular file");
    Files.delete(path);
    try (SlabAllocator allocator = builder(Kind.FILE_IN_MEMORY).build()) {
      final long address = allocator.malloc(100);
      assertThatThrownBy(() -> builder(Kind.FILE_IN_MEMORY).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid() + " stands on it");
      allocator.free(address);
    }
    assertThatThrownBy(
            () ->
                SlabAllocator.builder()
                    .capacity(MIB)
                    .backing(Backing.file(path.resolve("none/file")))
                    .build())
        .isInstanceOf(PosixException.class)
        .hasMessageContaining("ENOENT");
  }

  @Test
  void whoeverTookThePathMeanwhileKeepsHisFile() throws IOException {
    final Path path = memory.resolve("blocks");
    final SlabAllocator allocator = builder(Kind.FILE_IN_MEMORY).build();
    Files.delete(path);
    Files.writeString(path, "new");
    allocator.close();
    assertThat(path).hasContent("new");
    Files.delete(path);
  }
}
