package io.quarry.bench.soak;

/** Somebody who does one kind of thing again and again. Used by one thread at a time. */
interface Actor {

  /** Does it once, for some milliseconds at most, as a rule. */
  void step() throws Exception;

  /** Called while all actors rest and the kernel refuses nothing. */
  default void atRest() {}

  /** Gives back what is not on the shelf; called once, at the end. */
  default void end() {}
}
