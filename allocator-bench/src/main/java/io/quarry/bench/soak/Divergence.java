package io.quarry.bench.soak;

/** Something is not as it must be; the message names what. */
final class Divergence extends RuntimeException {

  private static final long serialVersionUID = 1L;

  Divergence(String message) {
    super(message);
  }

  Divergence(String message, Throwable cause) {
    super(message, cause);
  }
}
