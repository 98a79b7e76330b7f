package io.quarry.region;

import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where slabs get their granules from, and give them back to. The {@link Regions} are one; what
 * limits and counts a part of them is another, around it.
 *
 * <p>Everything is guarded by {@link #lock()}, which is one and the same all the way down.
 */
public interface GranuleSupply {

  /** The lock that guards all of this; reentrant. */
  ReentrantLock lock();

  // --- handing out and taking back: to be called under the lock ----------------------------------

  /**
   * Hands out a run. May let go of the lock while it waits for granules on their way to the kernel.
   *
   * @param run filled in if this succeeds
   * @param alignment in granules, a power of two
   * @return null, or why not
   */
  Refusal take(Run run, long granules, int alignment);

  /** As {@link #take}, but leaves the headroom, if the run can be had at all without it. */
  Refusal takeLeavingHeadroom(Run run, long granules, int alignment);

  /**
   * Takes a run back: its granules are idle from now on.
   *
   * @param idleSinceNanos since when nobody has used them
   */
  void give(Run run, long idleSinceNanos);

  /** Takes back all but the first granules of a run. */
  void shorten(Run run, int granules);

  /**
   * Makes a run longer without moving it, if what follows it is free and the limit allows, and if
   * it could still be moved afterwards.
   */
  boolean lengthen(Run run, int granules);

  /**
   * Takes a longer run and moves the pages of an old one into it, without copying a byte; the old
   * run becomes a hole. May let go of the lock, as {@link #take}.
   *
   * @param to filled in if this succeeds
   * @return whether it did; otherwise nothing has changed for the caller
   */
  boolean move(Run from, Run to, int granules);

  // --- returning to the kernel: to be called without the lock ------------------------------------

  /**
   * Returns to the kernel what was idle since the given time or longer.
   *
   * @return the bytes returned
   */
  long returnIdle(long idleSinceNanos);

  /** When the oldest idle granule fell idle; null if none is idle or none will be returned. */
  Long oldestIdleNanos();

  // --- parts of runs in use: to be called without the lock, by whoever keeps the run from being
  // given back or moved meanwhile --------------------------------------------------------------

  /** Whether parts of runs may be given back at all. */
  boolean mayDiscard();

  /**
   * Gives back the pages of a part of a run that is in use, and keeps it mapped: it reads as zero
   * from now on.
   *
   * @param offset in bytes, a multiple of the page size, as the length is
   * @return false if the kernel refused, as it does for locked memory; nothing has changed then
   */
  boolean discard(Run run, long offset, long bytes);

  /** Tells which pages of a run are resident; null if the kernel does not say. */
  BitSet residentPages(Run run);

  /** Bytes of a page. */
  long pageSize();

  /** The most bytes of granules that can be had; always the same. */
  long limitBytes();

  // --- figures: to be read under the lock, so that they belong together --------------------------

  /** Bytes of granules in use, idle, or on their way to the kernel; at most the limit. */
  long mappedBytes();

  /** Bytes of granules that nobody uses and that were not given back yet. */
  long idleBytes();

  /** Address space that is held. */
  long reservedBytes();

  /** All bytes that were ever given back. */
  long returnedBytes();

  /** The number of kernel mappings held, at most. */
  int mappings();

  /** Java-heap bytes of the tables behind this, about. */
  long metadataBytes();

  /** Shows the granules in use. */
  Gauge usedGauge();
}
