package io.quarry.allocator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Blocks that may move, as the simplest cache has them: their addresses in an array, and the place
 * in it in the first eight bytes of each. Used by one thread at a time, but for the relocation.
 */
class MovableBlocks implements Relocator {
  private final SlabAllocator allocator;
  private final AtomicLongArray addresses;
  private final long[] sizes;
  private final Contents contents = new Contents();
  private final Contents relocatorsContents = new Contents();

  int relocations;
  int awaits;

  MovableBlocks(final SlabAllocator allocator, final int count) {
    this.allocator = allocator;
    addresses = new AtomicLongArray(count);
    sizes = new long[count];
  }

  /** An unfinished one, to be given to a builder before there is an allocator. */
  static final class Late implements Relocator {
    volatile MovableBlocks blocks;
    volatile RuntimeException failure;
    volatile int failures;

    @Override
    public boolean relocate(final long oldAddress, final long newAddress, final long size) {
      if (failure != null) {
        failures++;
        throw failure;
      }
      return blocks != null && blocks.relocate(oldAddress, newAddress, size);
    }
  }

  /** Allocates a block; false if there is no room. */
  boolean allocate(final int i, final long size) {
    final long address = allocator.tryMalloc(size);
    if (address == Allocator.NULL) {
      return false;
    }
    sizes[i] = size;
    contents.fill(address, size, i);
    contents.putLong(address, i);
    addresses.set(i, address);
    return true;
  }

  boolean isLive(final int i) {
    return addresses.get(i) != Allocator.NULL;
  }

  long address(final int i) {
    return addresses.get(i);
  }

  void free(final int i) {
    allocator.free(addresses.getAndSet(i, Allocator.NULL));
  }

  List<Integer> live() {
    final List<Integer> live = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      if (isLive(i)) {
        live.add(i);
      }
    }
    return live;
  }

  /** Frees a share of the live blocks, at random. */
  void freeShare(final double share, final long seed) {
    final List<Integer> live = live();
    Collections.shuffle(live, new Random(seed));
    live.subList(0, (int) (live.size() * share)).forEach(this::free);
  }

  void freeAll() {
    live().forEach(this::free);
  }

  /** Fails if a block does not hold what was written into it. */
  void verify() {
    for (final int i : live()) {
      final long address = addresses.get(i);
      if (contents.getLong(address) != i || !holdsRest(address, i)) {
        throw new AssertionError(
            String.format("block %d of %d bytes at 0x%x has changed", i, sizes[i], address));
      }
    }
  }

  private boolean holdsRest(final long address, final int i) {
    contents.putLong(address, i * 0x9E3779B97F4A7C15L ^ (i * 0x9E3779B97F4A7C15L) >>> 29);
    final boolean holds = contents.holds(address, sizes[i], i);
    contents.putLong(address, i);
    return holds;
  }

  @Override
  public boolean relocate(final long oldAddress, final long newAddress, final long size) {
    relocations++;
    final long i = relocatorsContents.getLong(newAddress);
    return i >= 0
        && i < addresses.length()
        && addresses.compareAndSet((int) i, oldAddress, newAddress);
  }

  @Override
  public void awaitReaders() {
    awaits++;
  }
}
