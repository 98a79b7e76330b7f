package io.quarry.model;

/**
 * Mistakes that could have been made, and some that were: each has to be caught by one of the
 * scenarios, or these would say nothing of the protocol without it.
 */
enum Mutation {
  /** None: the protocol as it is. */
  NONE,

  /**
   * A remote free looks at free[] only, then at what the OR finds: as the first design had it. The
   * owner may move the bit in between.
   */
  LOOKS_AT_FREE_ONLY,

  /** A remote free looks at free[] first, and at remote[] after it. */
  LOOKS_AT_FREE_FIRST,

  /** The owner clears the bits in remote[] before they are in free[]. */
  DRAIN_CLEARS_FIRST,

  /** The owner clears the token after it has read remote[]. */
  TOKEN_IS_CLEARED_LAST,

  /** The owner's fast free does not look at the token. */
  FAST_FREE_IGNORES_TOKEN,

  /** The owner's fast free sets the last bit of a word also in a slab that is not current. */
  FAST_FREE_EMPTIES_HELD,

  /** Who claims an empty slab does not look again once it is claimed. */
  NO_SECOND_LOOK,

  /** Who lets go of a slab does not tell the owner, who may have passed it over. */
  NO_ANNOUNCEMENT,

  /** The owner gives up a slab and does not look whether it fell empty meanwhile. */
  NO_LOOK_AFTER_GIVING_UP,

  /** The owner makes a slab HELD with release only, so that his look may come before it. */
  HELD_WITH_RELEASE,

  /** The slabs of a heap that nobody acts for any more are left as they are: current. */
  ABANDONED_UNSETTLED,

  /** The end gives every slab the bitmap that all tombstones share. */
  CURRENT_GETS_SHARED_BITMAP,

  /** A slab is retired though all is closed, and its granules are given back already. */
  RETIRES_AFTER_THE_END,

  /** A slab is published with a plain store. */
  PUBLISHES_PLAINLY,

  /** A range is forgotten with a plain store of nobody. */
  FORGETS_PLAINLY
}
