package io.quarry.heap;

/** What became of a free. */
public enum Freed {
  /** The block is free now. */
  FREED,
  /** No slab of this allocator is there. */
  FOREIGN,
  /** Within a slab, but not the start of a block. */
  INTERIOR,
  /** The block was free already. */
  DOUBLE_FREE,
  /** Nothing yet: the block is watched, and whoever watches it has to see to it. */
  WATCHED
}
