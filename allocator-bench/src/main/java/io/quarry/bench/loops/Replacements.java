package io.quarry.bench.loops;

import io.quarry.bench.blocks.BlockAllocator;

/** The live blocks of one thread, replaced one after the other as the plan says. */
public final class Replacements {

  private final ReplacementPlan plan;
  private final BlockAllocator blocks;
  private final int firstSlot;
  private final long[] handles;
  private int next;

  /**
   * Allocates all blocks.
   *
   * @param firstSlot the first of the plan's number of slots to use
   */
  public Replacements(ReplacementPlan plan, BlockAllocator blocks, int firstSlot) {
    this.plan = plan;
    this.blocks = blocks;
    this.firstSlot = firstSlot;
    this.handles = new long[plan.live()];
    for (int i = 0; i < handles.length; i++) {
      put(i, plan.sizeBytes(i & plan.length() - 1));
    }
  }

  /** One replacement: a free and an allocation. */
  public void replace() {
    final int index = next++ & plan.length() - 1;
    final int block = plan.slot(index);
    blocks.free(firstSlot + block, handles[block]);
    put(block, plan.sizeBytes(index));
  }

  /** Frees all blocks. */
  public void freeAll() {
    for (int i = 0; i < handles.length; i++) {
      blocks.free(firstSlot + i, handles[i]);
    }
  }

  private void put(int block, int sizeBytes) {
    final long handle = blocks.allocate(firstSlot + block, sizeBytes);
    blocks.touchPages(firstSlot + block, handle, sizeBytes);
    handles[block] = handle;
  }
}
