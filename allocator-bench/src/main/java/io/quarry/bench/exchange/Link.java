package io.quarry.bench.exchange;

import java.io.IOException;

/** One end of a connection between two processes, for one thread. Messages are of one size. */
interface Link extends AutoCloseable {

  /** Sends a message that holds a number in its first 8 bytes and, told apart, in its last. */
  void send(long number) throws IOException;

  /** Hands over what was sent so far, if the medium holds it back. */
  void flush() throws IOException;

  /**
   * Waits for a message and gives its number.
   *
   * @throws IOException if the message is damaged, or the other end is gone
   */
  long receive() throws IOException;

  @Override
  void close() throws IOException;

  /** What the last 8 bytes of a message hold. */
  static long check(long number) {
    return ~number;
  }

  /** Returns the number if the message is whole. */
  static long checked(long number, long check) throws IOException {
    if (check != check(number)) {
      throw new IOException("a damaged message: " + number + " with " + check);
    }
    return number;
  }
}
