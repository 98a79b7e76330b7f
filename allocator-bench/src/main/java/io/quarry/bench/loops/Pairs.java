package io.quarry.bench.loops;

import io.quarry.bench.blocks.BlockAllocator;

/** One block at a time, in one slot: allocated, touched and freed. */
public final class Pairs {

  private Pairs() {}

  /** One pair: allocate and free, with a write into every page between them. */
  public static void pair(BlockAllocator blocks, int slot, int sizeBytes) {
    final long handle = blocks.allocate(slot, sizeBytes);
    blocks.touchPages(slot, handle, sizeBytes);
    blocks.free(slot, handle);
  }
}
