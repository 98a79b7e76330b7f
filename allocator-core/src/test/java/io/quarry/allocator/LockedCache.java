package io.quarry.allocator;

/** One lock for each entry; values are changed in place. */
final class LockedCache implements MovingCache {
  private static final class Entry {
    long address;
  }

  private final SlabAllocator allocator;
  private final Entry[] entries;
  private final Stamped compactors = new Stamped(0);

  LockedCache(final SlabAllocator allocator, final int keys) {
    this.allocator = allocator;
    entries = new Entry[keys];
    for (int key = 0; key < keys; key++) {
      entries[key] = new Entry();
    }
  }

  @Override
  public void read(final Stamped by, final int key) {
    final Entry entry = entries[key];
    synchronized (entry) {
      if (entry.address != Allocator.NULL) {
        by.check(entry.address, key);
      }
    }
  }

  @Override
  public void write(final Stamped by, final int key, final int size) {
    final Entry entry = entries[key];
    synchronized (entry) {
      if (entry.address != Allocator.NULL && by.size(entry.address) == size) {
        by.rewrite(entry.address, by.random().nextLong());
        return;
      }
      if (entry.address != Allocator.NULL) {
        by.check(entry.address, key);
        allocator.free(entry.address);
      }
      entry.address = allocator.tryMalloc(size);
      if (entry.address != Allocator.NULL) {
        by.write(entry.address, key, size, by.random().nextLong());
      }
    }
  }

  @Override
  public void evict(final Stamped by, final int key) {
    final Entry entry = entries[key];
    synchronized (entry) {
      if (entry.address != Allocator.NULL) {
        by.check(entry.address, key);
        allocator.free(entry.address);
        entry.address = Allocator.NULL;
      }
    }
  }

  @Override
  public void clear() {
    final Stamped by = new Stamped(0); // compaction may be at work, with its own
    for (int key = 0; key < entries.length; key++) {
      evict(by, key);
    }
  }

  @Override
  public boolean relocate(final long oldAddress, final long newAddress, final long size) {
    final long key = compactors.key(newAddress);
    if (key < 0 || key >= entries.length) {
      return false; // not written yet when it was copied
    }
    final Entry entry = entries[(int) key];
    synchronized (entry) {
      if (entry.address != oldAddress) {
        return false;
      }
      io.quarry.posix.NativeMemory.copy(oldAddress, newAddress, size);
      entry.address = newAddress;
      return true;
    }
  }
}
