package io.quarry.slab;

import java.util.function.Consumer;

/** All slabs of an allocator, in no order. Guarded by whoever has it. */
public final class SlabRegister {
  private Slab head;
  private int size;

  public void add(final Slab slab) {
    slab.previousRegistered = null;
    slab.nextRegistered = head;
    if (head != null) {
      head.previousRegistered = slab;
    }
    head = slab;
    size++;
  }

  public void remove(final Slab slab) {
    if (slab.previousRegistered != null) {
      slab.previousRegistered.nextRegistered = slab.nextRegistered;
    } else {
      head = slab.nextRegistered;
    }
    if (slab.nextRegistered != null) {
      slab.nextRegistered.previousRegistered = slab.previousRegistered;
    }
    slab.previousRegistered = null;
    slab.nextRegistered = null;
    size--;
  }

  public int size() {
    return size;
  }

  public void forEach(final Consumer<Slab> action) {
    for (Slab slab = head; slab != null; slab = slab.nextRegistered) {
      action.accept(slab);
    }
  }
}
