package io.quarry.bench.blocks;

import static io.quarry.bench.blocks.BlockAllocator.MIN_SIZE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BlockAllocatorTest {

  private static final int[] SIZES = {16, 17, 64, 1_039, 4_096, 4_104, 10_000, 1 << 20};

  @ParameterizedTest
  @EnumSource
  void blocksHoldWhatTheyWereTouchedWith(Peer peer) {
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
  void everyAllocatorRunsHereAndIsFoundByName(Peer peer) {
    assertThat(peer.unavailable()).isEmpty();
    assertThat(Peer.of(peer.id())).isSameAs(peer);
  }

  @Test
  void unknownNameIsRepeatedWithTheChoices() {
    assertThatThrownBy(() -> Peer.of("jemalloc"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'jemalloc'")
        .hasMessageContaining("direct-gc");
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
