package io.quarry.bench.cprogram;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A process that is waited for. */
final class Child {

  private Child() {}

  /**
   * Runs it to its end and returns all that it said.
   *
   * @throws IOException if it cannot be started
   * @throws IllegalStateException if it fails; the message holds what it said
   */
  static String run(ProcessBuilder builder) throws IOException {
    final Process process = builder.redirectErrorStream(true).start();
    try {
      process.getOutputStream().close();
      final String text =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      final int exitValue = process.waitFor();
      if (exitValue != 0) {
        throw failed(builder, "ended with exit code " + exitValue, text);
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + builder.command(), e);
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Runs it and returns the line of JSON among what it said.
   *
   * @throws IOException if it cannot be started
   * @throws IllegalStateException if it fails or says no such line
   */
  static String report(ProcessBuilder builder) throws IOException {
    final String text = run(builder);
    return text.lines()
        .filter(line -> line.startsWith("{"))
        .findFirst()
        .orElseThrow(() -> failed(builder, "reported nothing", text));
  }

  private static IllegalStateException failed(ProcessBuilder builder, String how, String text) {
    return new IllegalStateException(
        String.join(" ", builder.command()) + " " + how + "; it said: " + text.strip());
  }
}
