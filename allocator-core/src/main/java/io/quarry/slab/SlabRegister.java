package io.quarry.slab;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * All slabs of an allocator, in no order that lasts. Guarded by whoever has it. An array, and the
 * place of each slab in it kept in the slab: it can be gone through a piece at a time, letting go
 * of the lock in between.
 */
public final class SlabRegister {
  private static final int MIN_LENGTH = 64;

  private Slab[] slabs = new Slab[MIN_LENGTH];
  private int size;

  /** Makes room, so that the next {@link #add} needs no memory. */
  public void reserveOne() {
    if (size == slabs.length) {
      slabs = Arrays.copyOf(slabs, size + (size >> 2)); // there may be millions
    }
  }

  /** Adds a slab that is in no register. */
  public void add(final Slab slab) {
    reserveOne();
    slab.placeInRegister = size;
    slabs[size++] = slab;
  }

  /** Takes out a slab that is in this register; the last one takes its place. */
  public void remove(final Slab slab) {
    final Slab last = slabs[--size];
    slabs[size] = null;
    if (last != slab) {
      slabs[slab.placeInRegister] = last;
      last.placeInRegister = slab.placeInRegister;
    }
  }

  /** Any slab, the one that is easiest to remove; only to be asked if there is one. */
  public Slab last() {
    return slabs[size - 1];
  }

  /** The number of slabs. */
  public int size() {
    return size;
  }

  /** Java-heap bytes of the array. */
  public long metadataBytes() {
    return 4L * slabs.length;
  }

  /** Calls the action with each slab; it may not add or remove any. */
  public void forEach(final Consumer<Slab> action) {
    for (int i = 0; i < size; i++) {
      action.accept(slabs[i]);
    }
  }

  /**
   * Copies a piece of the register. If slabs come and go between two calls, some may be copied
   * twice and some not at all.
   *
   * @return how many were copied; 0 if there are none from there on
   */
  public int copy(final int from, final Slab[] into) {
    final int count = Math.max(0, Math.min(into.length, size - from));
    System.arraycopy(slabs, Math.min(from, size), into, 0, count);
    return count;
  }
}
