package io.quarry.bench.soak;

import org.apache.commons.rng.UniformRandomProvider;

/**
 * Neighbouring slots of the shelf, and one actor's way to change them. For one thread at a time.
 *
 * @param shelf all slots
 * @param first the first slot
 * @param slots how many
 * @param calls the way to the allocator
 * @param random the actor's choices
 */
record Part(Shelf shelf, int first, int slots, Calls calls, UniformRandomProvider random) {

  int any() {
    return first + random.nextInt(slots);
  }

  /** Puts a block into a slot; where it is refused, some others go. */
  void put(int index, long sizeBytes) {
    if (!shelf.put(calls, random, index, sizeBytes)) {
      for (int i = 0; i < 2; i++) {
        free(any());
      }
    }
  }

  void free(int index) {
    shelf.free(calls, random, index);
  }

  /** The same slots with the choices of somebody else. */
  Part with(UniformRandomProvider other) {
    return new Part(shelf, first, slots, calls, other);
  }
}
