package io.quarry.heap;

/** Whoever knows where the addresses of blocks are kept, so that blocks can be moved. */
public interface BlockMover {

  /** Copies a block. */
  void copy(long from, long to, long bytes);

  /**
   * A block was copied: may the copy take its place?
   *
   * @return true if nobody will come by the old address any more; false if it is to stay
   */
  boolean move(long from, long to, long bytes);

  /** Returns when nobody uses the old address of a block that was moved before this call. */
  void awaitReaders();
}
