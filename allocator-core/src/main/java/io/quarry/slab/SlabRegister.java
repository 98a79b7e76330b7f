package io.quarry.slab;

import java.util.function.Consumer;

/** All slabs of an allocator, in no order. Guarded by whoever has it. */
public final class SlabRegister {
  private Slab head;
  private int size;

  /** Adds a slab that is in no register. */
  public void add(final Slab slab) {
    slab.previousRegistered = null;
    slab.nextRegistered = head;
    if (head != null) {
      head.previousRegistered = slab;
    }
    head = slab;
    size++;
  }

  /** Takes out a slab that is in this register. */
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

  /** The number of slabs. */
  public int size() {
    return size;
  }

  /** Calls the action with each slab; it may not add or remove any. */
  public void forEach(final Consumer<Slab> action) {
    for (Slab slab = head; slab != null; slab = slab.nextRegistered) {
      action.accept(slab);
    }
  }
}
