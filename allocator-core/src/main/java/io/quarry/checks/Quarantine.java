package io.quarry.checks;

/**
 * Blocks that were freed and are not to be issued again for a while: first in, first out, linked
 * through the blocks, so that entering needs no memory. Safe for use by several threads.
 */
final class Quarantine {
  private final long mostBytes;
  private WatchedBlock oldest;
  private WatchedBlock newest;
  private long bytes;

  Quarantine(final long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Whether a block may enter at all, or would drive out all others. */
  boolean admits(final WatchedBlock block) {
    return block.slab().blockBytes() <= mostBytes / 4;
  }

  /**
   * Takes a block in.
   *
   * @return whether it is the only one now
   */
  synchronized boolean add(final WatchedBlock block) {
    block.next = null;
    if (oldest == null) {
      oldest = block;
    } else {
      newest.next = block;
    }
    newest = block;
    bytes += block.slab().blockBytes();
    return oldest == block;
  }

  /** Lets a block go if there are too many; null if there are not. */
  synchronized WatchedBlock pollExcess() {
    return bytes > mostBytes ? poll() : null;
  }

  /** Lets a block go that was freed so long ago; null if there is none. */
  synchronized WatchedBlock pollFreedBefore(final long nanos) {
    return oldest != null && oldest.freedNanos - nanos <= 0 ? poll() : null;
  }

  /** Lets the oldest block go; null if there is none. */
  synchronized WatchedBlock poll() {
    final WatchedBlock block = oldest;
    if (block != null) {
      oldest = block.next;
      block.next = null;
      bytes -= block.slab().blockBytes();
    }
    return block;
  }

  /** When the oldest block was freed; null if there is none. */
  synchronized Long oldestNanos() {
    return oldest == null ? null : oldest.freedNanos;
  }
}
