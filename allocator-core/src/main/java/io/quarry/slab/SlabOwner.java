package io.quarry.slab;

/** Whoever a slab belongs to; the layer above says what that means. */
public abstract class SlabOwner {

  /** For the layer above. */
  protected SlabOwner() {}
}
