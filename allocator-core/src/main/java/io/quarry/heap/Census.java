package io.quarry.heap;

import io.quarry.region.GranuleSupply;
import io.quarry.slab.Rest;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;

/**
 * What was counted at one moment: the granules by their region's books, the blocks by the bitmaps
 * of the slabs. Row {@code i} is for class {@code i}, the last one for large blocks. Bytes add up
 * by construction: each slab's blocks are counted in one pass over its words, and what is not live
 * is free.
 */
public final class Census {
  private static final int ROWS = SizeClasses.COUNT + 1;

  private final long mappedBytes;
  private final long idleBytes;
  private final long reservedBytes;
  private final long returnedBytes;
  private final int mappings;
  private long metadataBytes;
  private long misuses;
  private long discardedBytes;
  private long refilledBytes;

  private final long[] slabs = new long[ROWS];
  private final long[] slabBytes = new long[ROWS];
  private final long[] liveBytes = new long[ROWS];
  private final long[] liveBlocks = new long[ROWS];
  private final long[] freeBlocks = new long[ROWS];
  private final long[] tailBytes = new long[ROWS];
  private final long[] mallocs = new long[ROWS];

  /** Under the lock of the supply. */
  Census(final GranuleSupply supply) {
    mappedBytes = supply.mappedBytes();
    idleBytes = supply.idleBytes();
    reservedBytes = supply.reservedBytes();
    returnedBytes = supply.returnedBytes();
    mappings = supply.mappings();
    metadataBytes = supply.metadataBytes();
  }

  /** The row that a slab counts in. */
  static int rowOf(final Slab slab) {
    return slab.sizeClass() == Slab.LARGE ? SizeClasses.COUNT : slab.sizeClass();
  }

  /** A block that is only held back is in use for its slab, and free here. */
  void count(final Slab slab) {
    final int row = rowOf(slab);
    final int live = slab.liveCount() - slab.heldBackCount();
    slabs[row]++;
    slabBytes[row] += slab.run().bytes();
    liveBlocks[row] += live;
    liveBytes[row] += live * slab.blockBytes();
    freeBlocks[row] += slab.blockCount() - live;
    tailBytes[row] += slab.tailBytes();
    mallocs[row] += slab.mallocCount();
    metadataBytes += slab.rest() == null ? 0 : Rest.BYTES;
  }

  void addMallocs(final int row, final long count) {
    mallocs[row] += count;
  }

  void addMetadata(final long bytes) {
    metadataBytes += bytes;
  }

  void addMisuses(final long count) {
    misuses += count;
  }

  /** Bad frees that were found late. */
  public long misuses() {
    return misuses;
  }

  void addPartialReturn(final long discarded, final long refilled) {
    discardedBytes += discarded;
    refilledBytes += refilled;
  }

  /** Bytes of slabs in use that were given back so far. */
  public long discardedBytes() {
    return discardedBytes;
  }

  /** Of these, what is in use again. */
  public long refilledBytes() {
    return refilledBytes;
  }

  /** The number of rows. */
  public int rows() {
    return ROWS;
  }

  /** Bytes of granules in use or idle. */
  public long mappedBytes() {
    return mappedBytes;
  }

  /** Bytes of granules nobody uses. */
  public long idleBytes() {
    return idleBytes;
  }

  /** Address space. */
  public long reservedBytes() {
    return reservedBytes;
  }

  /** Bytes returned to the kernel so far. */
  public long returnedBytes() {
    return returnedBytes;
  }

  /** Kernel mappings, at most. */
  public int mappings() {
    return mappings;
  }

  /** Java-heap bytes, about. */
  public long metadataBytes() {
    return metadataBytes;
  }

  /** Slabs of a row. */
  public long slabs(final int row) {
    return slabs[row];
  }

  /** Bytes of the slabs of a row. */
  public long slabBytes(final int row) {
    return slabBytes[row];
  }

  /** Bytes of the live blocks of a row. */
  public long liveBytes(final int row) {
    return liveBytes[row];
  }

  /** Live blocks of a row. */
  public long liveBlocks(final int row) {
    return liveBlocks[row];
  }

  /** Free blocks of a row. */
  public long freeBlocks(final int row) {
    return freeBlocks[row];
  }

  /** Bytes of the tails of a row. */
  public long tailBytes(final int row) {
    return tailBytes[row];
  }

  /** Blocks ever issued of a row. */
  public long mallocs(final int row) {
    return mallocs[row];
  }
}
