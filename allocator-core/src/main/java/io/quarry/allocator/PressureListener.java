package io.quarry.allocator;

/**
 * Hears that memory becomes scarce, in time to free some: a cache evicts.
 *
 * <p>Called on the maintenance thread, with no lock held, one call at a time. It may allocate,
 * free, trim and compact; an exception is logged and ignored. All allocators of the JVM share that
 * thread, and a request that was refused waits for this call for a while before it throws: let it
 * be short.
 */
@FunctionalInterface
public interface PressureListener {

  /** Asks to free what can be spared. */
  void pressed(MemoryPressure pressure);
}
