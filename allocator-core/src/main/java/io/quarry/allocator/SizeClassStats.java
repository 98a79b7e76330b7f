package io.quarry.allocator;

import java.util.Locale;

/**
 * One size class within a snapshot of {@link AllocatorStats}. Immutable, and so safe for use by
 * several threads.
 *
 * <p>Blocks of one class are equally large, with one exception: the last class, whose {@code
 * blockSize} is 0, stands for large blocks. Each of them is a slab of its own and their sizes
 * differ, which is why {@code liveBytes} is a component and not a product.
 *
 * <p>The bytes of a class add up: those of {@linkplain #mappedBytes its slabs} are {@linkplain
 * #liveBytes live}, {@linkplain #freeBlockBytes in free blocks} or {@linkplain #tailBytes tails}.
 *
 * @param blockSize usable bytes of one block; 0 for large blocks
 * @param slabs number of slabs that serve this class
 * @param mappedBytes bytes of these slabs
 * @param liveBytes usable bytes of the blocks handed out
 * @param liveBlocks number of blocks handed out
 * @param freeBlocks number of blocks in these slabs that are not handed out
 * @param tailBytes bytes at the ends of these slabs, too short for one more block
 * @param mallocCount number of blocks handed out so far, those of slabs long gone included
 * @param freeCount number of blocks taken back so far, those of slabs long gone included
 */
public record SizeClassStats(
    long blockSize,
    long slabs,
    long mappedBytes,
    long liveBytes,
    long liveBlocks,
    long freeBlocks,
    long tailBytes,
    long mallocCount,
    long freeCount) {

  /**
   * Checks that the bytes add up.
   *
   * @throws IllegalArgumentException if {@code blockSize} is negative, if {@code liveBytes} is not
   *     {@code liveBlocks} blocks, or if {@code mappedBytes} is not the sum of live blocks, free
   *     blocks and tails; of large blocks, whose sizes are not known here, only that live blocks
   *     and tails fit into {@code mappedBytes}
   */
  public SizeClassStats {
    if (!addsUp(blockSize, mappedBytes, liveBytes, liveBlocks, freeBlocks, tailBytes)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "size class %d does not add up: mappedBytes %d, liveBytes %d in %d blocks,"
                  + " %d free blocks, tailBytes %d",
              blockSize,
              mappedBytes,
              liveBytes,
              liveBlocks,
              freeBlocks,
              tailBytes));
    }
  }

  /** Whether this is the class of large blocks, each of which is a slab of its own. */
  public boolean isLarge() {
    return blockSize == 0;
  }

  /** Bytes of the blocks in these slabs that are not handed out. */
  public long freeBlockBytes() {
    return mappedBytes - liveBytes - tailBytes;
  }

  /** The live share of the mapped bytes, 0 to 1; 0 where nothing is mapped. */
  public double utilisation() {
    return mappedBytes == 0 ? 0 : (double) liveBytes / mappedBytes;
  }

  private static boolean addsUp(
      long blockSize,
      long mappedBytes,
      long liveBytes,
      long liveBlocks,
      long freeBlocks,
      long tailBytes) {
    final long freeBlockBytes = mappedBytes - liveBytes - tailBytes;
    if (blockSize < 0
        || !AllocatorStats.addsUp(mappedBytes, liveBytes, freeBlockBytes, tailBytes)) {
      return false;
    }
    return blockSize == 0
        || isProduct(liveBytes, liveBlocks, blockSize)
            && isProduct(freeBlockBytes, freeBlocks, blockSize);
  }

  /** By division, as the multiplication might overflow. */
  private static boolean isProduct(long bytes, long blocks, long blockSize) {
    return bytes % blockSize == 0 && bytes / blockSize == blocks;
  }
}
