package io.quarry.bench.exchange;

import java.util.Locale;

/** What messages go through. */
enum Medium {
  /** Two rings in a file that both processes map: no system call for a message. */
  MAPPING,
  /** Standard input and output of the other process: one {@code write} for each message. */
  PIPE,
  /** The same, but several messages go with one {@code write} where nobody waits for them. */
  BUFFERED_PIPE;

  /** Such as {@code buffered-pipe}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Medium of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
