package io.quarry.allocator;

/** Hears of bad frees that could not be reported by an exception, because the call had returned. */
@FunctionalInterface
public interface MisuseListener {

  /**
   * Called on the maintenance thread, with no lock held; an exception is logged and ignored.
   *
   * @param description what was found and where
   */
  void misused(String description);
}
