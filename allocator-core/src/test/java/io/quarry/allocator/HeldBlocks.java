package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The blocks that are live, as the program knows them: where each is, how large, and what is in it.
 * Fails where a byte belongs to two of them, or has changed.
 */
final class HeldBlocks {

  /** A live block, with its size as it was asked for. */
  record Held(SlabAllocator owner, long address, long size, byte stamp) {

    /** The same block elsewhere. */
    Held at(final long elsewhere) {
      return new Held(owner, elsewhere, size, stamp);
    }

    /** Fails if its contents have changed. */
    void verify() {
      verify(size);
    }

    /** Fails if its first bytes have changed. */
    void verify(final long bytes) {
      SparseStamp.require(address, bytes, stamp, bytes == size);
    }
  }

  private final Random random;
  private final List<Held> blocks = new ArrayList<>();

  /** From the first byte of each block to the one after its last. */
  private final NavigableMap<Long, Long> taken = new TreeMap<>();

  HeldBlocks(final Random random) {
    this.random = random;
  }

  int size() {
    return blocks.size();
  }

  boolean isEmpty() {
    return blocks.isEmpty();
  }

  Held get(final int index) {
    return blocks.get(index);
  }

  Held any() {
    return blocks.get(random.nextInt(blocks.size()));
  }

  List<Held> all() {
    return List.copyOf(blocks);
  }

  long count(final Predicate<Held> which) {
    return blocks.stream().filter(which).count();
  }

  /** Of all blocks, to their ends. */
  long usableBytes() {
    long bytes = 0;
    for (final Map.Entry<Long, Long> block : taken.entrySet()) {
      bytes += block.getValue() - block.getKey();
    }
    return bytes;
  }

  /** A block was allocated: marks its contents. */
  void add(final SlabAllocator owner, final long address, final long size) {
    take(address, owner.usableSize(address));
    final byte stamp = (byte) (1 + random.nextInt(255));
    SparseStamp.write(address, size, stamp);
    blocks.add(new Held(owner, address, size, stamp));
  }

  /** A block is live still. */
  void putBack(final Held block) {
    block.verify();
    take(block.address, block.owner.usableSize(block.address));
    blocks.add(block);
  }

  private void take(final long address, final long usableBytes) {
    assertThat(address % 16).isZero();
    final long end = address + usableBytes;
    final Map.Entry<Long, Long> below = taken.lowerEntry(end);
    assertThat(below == null || below.getValue() <= address)
        .as("no byte is handed out twice")
        .isTrue();
    taken.put(address, end);
  }

  /** A block is at another place from now on. */
  void moved(final long from, final long to, final long usableBytes) {
    for (int i = 0; i < blocks.size(); i++) {
      final Held block = blocks.get(i);
      if (block.address == from) {
        final Held now = block.at(to);
        now.verify();
        assertThat(taken.remove(from)).isEqualTo(from + usableBytes);
        take(to, usableBytes);
        blocks.set(i, now);
        return;
      }
    }
    throw new AssertionError("asked to move what is not live");
  }

  Held removeAny() {
    return removeAt(random.nextInt(blocks.size()));
  }

  Held remove(final Held block) {
    return removeAt(blocks.indexOf(block));
  }

  private Held removeAt(final int index) {
    final Held block = blocks.get(index);
    final Held last = blocks.remove(blocks.size() - 1);
    if (index < blocks.size()) {
      blocks.set(index, last);
    }
    block.verify();
    taken.remove(block.address);
    return block;
  }

  /** Their memory is gone, with all that was live in it. */
  void forget(final Predicate<Held> which) {
    for (final Held block : blocks) {
      if (which.test(block)) {
        taken.remove(block.address);
      }
    }
    blocks.removeIf(which);
  }
}
