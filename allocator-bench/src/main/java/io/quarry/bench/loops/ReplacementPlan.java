package io.quarry.bench.loops;

import io.quarry.bench.blocks.BlockAllocator;
import java.util.SplittableRandom;

/**
 * What is replaced by what, drawn beforehand: it is the allocator that is measured, not the
 * generator. The C program in {@code src/main/c} draws the same.
 */
public final class ReplacementPlan {

  private static final int SEED = 42;
  private static final int LEAST_DRAWS = 1 << 14;

  /** A plan for many blocks is this many times longer, so that most of them are replaced. */
  private static final int DRAWS_PER_BLOCK = 4;

  private static final int UNIFORM_SIZES = 1024;
  private static final int UNSIGNED_BITS = 32;
  private static final long UNSIGNED_MASK = (1L << UNSIGNED_BITS) - 1;

  private final int live;
  private final int[] slots;
  private final int[] sizes;

  private ReplacementPlan(int live, int[] slots, int[] sizes) {
    this.live = live;
    this.slots = slots;
    this.sizes = sizes;
  }

  /** Blocks of 16 to 1,039 bytes, all equally likely. */
  public static ReplacementPlan uniform(int live) {
    final int[] draws = new SplittableRandom(SEED).ints(drawCount(live)).toArray();
    final int[] slots = new int[draws.length];
    final int[] sizes = new int[draws.length];
    for (int i = 0; i < draws.length; i++) {
      // The slot comes from the upper bits, the size from the lower: they are independent.
      slots[i] = (int) ((draws[i] & UNSIGNED_MASK) * live >>> UNSIGNED_BITS);
      sizes[i] = BlockAllocator.MIN_SIZE_BYTES + (draws[i] & UNIFORM_SIZES - 1);
    }
    return new ReplacementPlan(live, slots, sizes);
  }

  /** The buffers of a web-socket proxy, by how often each size occurs. */
  public static ReplacementPlan proxy(int live) {
    final ProxySizes distribution = ProxySizes.read();
    final SplittableRandom random = new SplittableRandom(SEED);
    final int[] slots = new int[drawCount(live)];
    final int[] sizes = new int[slots.length];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = random.nextInt(live);
      sizes[i] = distribution.draw(random);
    }
    return new ReplacementPlan(live, slots, sizes);
  }

  private static int drawCount(int live) {
    return Math.max(LEAST_DRAWS, Integer.highestOneBit(live) * DRAWS_PER_BLOCK);
  }

  /** How many blocks are alive. */
  public int live() {
    return live;
  }

  /** The number of replacements before it begins again, a power of two. */
  public int length() {
    return slots.length;
  }

  /** Which block is replaced. */
  public int slot(int index) {
    return slots[index];
  }

  /** The size of the block that takes its place, in bytes. */
  public int sizeBytes(int index) {
    return sizes[index];
  }
}
