package io.quarry.slab;

/**
 * Slabs that an owner may allocate from, last added first. The links are in the slabs, so adding
 * and removing need no memory. For one thread at a time.
 */
public final class SlabList {
  private Slab head;

  /** Adds a slab that is in no list. */
  public void add(final Slab slab) {
    slab.list = this;
    slab.previousListed = null;
    slab.nextListed = head;
    if (head != null) {
      head.previousListed = slab;
    }
    head = slab;
  }

  /** Takes the first slab out; null if there is none. */
  public Slab poll() {
    final Slab first = head;
    if (first != null) {
      remove(first);
    }
    return first;
  }

  /** Takes a slab out of the list it is in, if it is in one. */
  public static void unlist(final Slab slab) {
    if (slab.list != null) {
      slab.list.remove(slab);
    }
  }

  private void remove(final Slab slab) {
    if (slab.previousListed != null) {
      slab.previousListed.nextListed = slab.nextListed;
    } else {
      head = slab.nextListed;
    }
    if (slab.nextListed != null) {
      slab.nextListed.previousListed = slab.previousListed;
    }
    slab.previousListed = null;
    slab.nextListed = null;
    slab.list = null;
  }
}
