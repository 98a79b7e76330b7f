package io.quarry.bench.experiment;

/**
 * A look-aside cache for keys that are numbers, each with a slot of its own: the least recently
 * used values make room for new ones. For one thread.
 */
final class LruCache {

  private static final int NONE = -1;

  private final BlockUser user;
  private final BlockTable table;
  private final int firstSlot;
  private final long capacityBytes;

  /** Neighbours in the order of use, by key. */
  private final int[] newer;

  private final int[] older;
  private int newest = NONE;
  private int oldest = NONE;
  private long writtenBytes;
  private long evictions;

  LruCache(BlockUser user, BlockTable table, int firstSlot, int keys, long capacityBytes) {
    this.user = user;
    this.table = table;
    this.firstSlot = firstSlot;
    this.capacityBytes = capacityBytes;
    this.newer = new int[keys];
    this.older = new int[keys];
  }

  /** Whether there is a value; it is the newest then. */
  boolean get(int key) {
    if (!table.isTaken(firstSlot + key)) {
      return false;
    }
    if (key != newest) {
      unlink(key);
      link(key);
    }
    return true;
  }

  /** Replaces the value, or makes one. */
  void set(int key, int sizeBytes) {
    if (table.isTaken(firstSlot + key)) {
      remove(key);
    }
    while (user.liveBytes() + sizeBytes > capacityBytes && oldest != NONE) {
      remove(oldest);
      evictions++;
    }
    user.allocate(firstSlot + key, sizeBytes);
    link(key);
    writtenBytes += sizeBytes;
  }

  private void remove(int key) {
    user.free(firstSlot + key);
    unlink(key);
  }

  private void link(int key) {
    older[key] = newest;
    newer[key] = NONE;
    if (newest == NONE) {
      oldest = key;
    } else {
      newer[newest] = key;
    }
    newest = key;
  }

  private void unlink(int key) {
    if (newer[key] == NONE) {
      newest = older[key];
    } else {
      older[newer[key]] = older[key];
    }
    if (older[key] == NONE) {
      oldest = newer[key];
    } else {
      newer[older[key]] = newer[key];
    }
  }

  /** Bytes of all values ever written. */
  long writtenBytes() {
    return writtenBytes;
  }

  /** Values that made room. */
  long evictions() {
    return evictions;
  }
}
