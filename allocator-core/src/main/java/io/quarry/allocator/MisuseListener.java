package io.quarry.allocator;

/**
 * Hears of what could not be reported by an exception: bad frees that were found after the call had
 * returned, and, with {@link Checks}, writes behind the end of a block or after its free.
 */
@FunctionalInterface
public interface MisuseListener {

  /**
   * Called on the maintenance thread, or by the thread that closes the allocator, with no lock
   * held; an exception is logged and ignored.
   *
   * @param description what was found and where; of a checked block also who allocated and who
   *     freed it, in several lines
   */
  void misused(String description);
}
