package io.quarry.allocator;

/**
 * A cache whose values may move: what each of the three kinds of {@link Relocator}'s Javadoc has to
 * do. Keys are numbers below a bound, several threads call all methods at once, each with a {@link
 * Stamped} of its own, and every value that is read or evicted is checked.
 */
interface MovingCache extends Relocator {

  /** Checks the value of a key, if there is one. */
  void read(Stamped by, int key);

  /** Puts a value, instead of the one there was, if any. */
  void write(Stamped by, int key, int size);

  /** Takes the value of a key out and frees it, if there is one. */
  void evict(Stamped by, int key);

  /** Evicts everything; while nobody else but compaction is at work. */
  void clear();
}
