package io.quarry.slab;

/**
 * Slabs that an owner may allocate from, longest waiting first: those have had the most time to
 * gather free blocks, so the owner comes back seldom. The links are in the slabs, so adding and
 * removing need no memory. For one thread at a time.
 */
public final class SlabList {
  private Slab head;
  private Slab tail;

  /** Adds a slab that is in no list. */
  public void add(final Slab slab) {
    slab.list = this;
    slab.previousListed = tail;
    slab.nextListed = null;
    if (tail == null) {
      head = slab;
    } else {
      tail.nextListed = slab;
    }
    tail = slab;
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return head == null;
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
    if (slab.previousListed == null) {
      head = slab.nextListed;
    } else {
      slab.previousListed.nextListed = slab.nextListed;
    }
    if (slab.nextListed == null) {
      tail = slab.previousListed;
    } else {
      slab.nextListed.previousListed = slab.previousListed;
    }
    slab.previousListed = null;
    slab.nextListed = null;
    slab.list = null;
  }
}
