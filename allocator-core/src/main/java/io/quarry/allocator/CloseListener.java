package io.quarry.allocator;

/** Hears what an allocator, or an arena, still held when it was closed. */
@FunctionalInterface
public interface CloseListener {

  /**
   * Called once, by the thread that closes, with no lock held, when the memory is gone; an
   * exception is logged and ignored.
   *
   * @param last the statistics right before the end: {@code liveBlocks()} were never freed, and
   *     {@code sizeClasses()} says of which sizes they are, {@code allocationSites()} where those
   *     of them were allocated that were checked
   */
  void closed(AllocatorStats last);
}
