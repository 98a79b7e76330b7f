package io.quarry.bench.blocks;

import static io.quarry.bench.blocks.BlockAllocator.MIN_SIZE_BYTES;
import static java.nio.ByteOrder.nativeOrder;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BlockAllocatorTest {

  private static final int[] SIZES = {16, 17, 64, 1_039, 4_096, 4_104, 10_000, 1 << 20};

  @ParameterizedTest
  @EnumSource
  void blocksHoldWhatTheyWereTouchedWith(Peer peer) {
    assumeAvailable(peer);
    final long[] handles = new long[SIZES.length];
    try (BlockAllocator blocks = peer.open(SIZES.length)) {
      for (int slot = 0; slot < SIZES.length; slot++) {
        handles[slot] = blocks.allocate(slot, SIZES[slot]);
        blocks.touch(slot, handles[slot], SIZES[slot], slot + 1);
      }
      for (int slot = 0; slot < SIZES.length; slot++) {
        assertThat(blocks.holds(slot, handles[slot], SIZES[slot], slot + 1)).isTrue();
        assertThat(blocks.holds(slot, handles[slot], SIZES[slot], slot + 2)).isFalse();
        blocks.free(slot, handles[slot]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void damageAtTheEndOfABlockIsNoticed(Peer peer) {
    assumeAvailable(peer);
    try (BlockAllocator blocks = peer.open(1)) {
      final long handle = blocks.allocate(0, 100);
      blocks.touch(0, handle, 100, 7);
      // A block that is taken to be one byte shorter has its last word written in another place.
      blocks.touch(0, handle, 99, 7);
      assertThat(blocks.holds(0, handle, 100, 7)).isFalse();
      blocks.free(0, handle);
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocksOfOneThreadAreFreedByAnother(Peer peer) throws Exception {
    assumeAvailable(peer);
    final int count = 1_000;
    final long[] handles = new long[count];
    try (BlockAllocator blocks = peer.open(count)) {
      onThreadOfItsOwn(
          blocks,
          () -> {
            for (int slot = 0; slot < count; slot++) {
              handles[slot] = blocks.allocate(slot, MIN_SIZE_BYTES + slot);
              blocks.touch(slot, handles[slot], MIN_SIZE_BYTES + slot, slot);
            }
          });
      onThreadOfItsOwn(
          blocks,
          () -> {
            for (int slot = 0; slot < count; slot++) {
              assertThat(blocks.holds(slot, handles[slot], MIN_SIZE_BYTES + slot, slot)).isTrue();
              blocks.free(slot, handles[slot]);
            }
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void flagsAreOnesThatThisJvmTakes(Peer peer) throws Exception {
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(peer.jvmFlags());
    command.add("-version");
    final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isZero();
    assertThat(text).doesNotContainIgnoringCase("warning");
  }

  @ParameterizedTest
  @EnumSource
  void everyAllocatorIsFoundByName(Peer peer) {
    assertThat(Peer.of(peer.id())).isSameAs(peer);
  }

  @ParameterizedTest
  @EnumSource
  void everyAllocatorRunsHereOrSaysWhatIsMissing(Peer peer) {
    if (!peer.id().startsWith("ffm-")) {
      assertThat(peer.unavailable()).isEmpty();
    } else if (Runtime.version().feature() < 22) {
      assertThat(peer.unavailable()).get(STRING).contains("JDK 22 or newer", "this is JDK 17");
    } else if (peer == Peer.FFM_MALLOC || peer == Peer.FFM_ARENA) {
      assertThat(peer.unavailable()).isEmpty();
    } else if (peer.unavailable().isPresent()) {
      assertThat(peer.unavailable()).get(STRING).contains("cannot load lib", "apt-get install lib");
    }
  }

  @Test
  void unknownNameIsRepeatedWithTheChoices() {
    assertThatThrownBy(() -> Peer.of("jemalloc"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'jemalloc'")
        .hasMessageContaining("direct-gc");
  }

  @ParameterizedTest
  @EnumSource
  void zeroedBlocksAreZeroAlsoWhereABlockWasUsedBefore(Peer peer) {
    assumeAvailable(peer);
    try (BlockAllocator blocks = peer.openThreadBound(1)) {
      assumeThat(blocks).isInstanceOf(ZeroedBlocks.class);
      for (int round = 0; round < 100; round++) {
        final long handle = ((ZeroedBlocks) blocks).allocateZeroed(0, 200);
        final byte[] contents = new byte[200];
        if (blocks instanceof ByteBufferBlocks viewed) {
          viewed.byteBuffer(0, handle, contents.length).get(0, contents);
        } else {
          new UnsafeBuffer(handle, contents.length).getBytes(0, contents);
        }
        assertThat(contents).containsOnly(0);
        blocks.touch(0, handle, 200, -1);
        blocks.free(0, handle);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void resizedBlocksKeepTheirContents(Peer peer) {
    assumeAvailable(peer);
    try (BlockAllocator blocks = peer.open(1)) {
      assumeThat(blocks).isInstanceOf(ResizableBlocks.class);
      final ResizableBlocks resizable = (ResizableBlocks) blocks;
      long handle = blocks.allocate(0, 64);
      for (int sizeBytes = 64; sizeBytes <= 1 << 22; sizeBytes *= 2) {
        blocks.touch(0, handle, sizeBytes, sizeBytes);
        handle = resizable.reallocate(0, handle, 2 * sizeBytes);
        assertThat(blocks.holds(0, handle, sizeBytes, sizeBytes)).isTrue();
      }
      blocks.free(0, handle);
    }
  }

  @ParameterizedTest
  @EnumSource
  void viewsShowTheBlock(Peer peer) {
    assumeAvailable(peer);
    try (BlockAllocator blocks = peer.openThreadBound(1)) {
      final long handle = blocks.allocate(0, 100);
      assertThat(blocks.throughView(0, handle, 100, 7)).isEqualTo(7);
      if (blocks instanceof ByteBufferBlocks viewed) {
        final ByteBuffer buffer = viewed.byteBuffer(0, handle, 100).order(nativeOrder());
        assertThat(buffer.capacity()).isEqualTo(100);
        assertThat(buffer.getLong(0)).isEqualTo(blocks instanceof DirectBlocks ? 7L << 56 : 7);
      }
      blocks.free(0, handle);
    }
  }

  private static void assumeAvailable(Peer peer) {
    assumeThat(peer.unavailable()).isEmpty();
  }

  private static void onThreadOfItsOwn(BlockAllocator blocks, Runnable work) throws Exception {
    final ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      thread
          .submit(
              () -> {
                blocks.threadStarts();
                try {
                  work.run();
                } finally {
                  blocks.threadEnds();
                }
              })
          .get();
    } finally {
      thread.shutdown();
    }
  }
}
