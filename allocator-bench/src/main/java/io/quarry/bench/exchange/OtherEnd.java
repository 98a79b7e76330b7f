package io.quarry.bench.exchange;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The other process. A positive number is a request that is answered at once with the same number;
 * a run of negative numbers is only counted, and zero asks for the count and ends it all.
 */
public final class OtherEnd {

  /** Ends the exchange. */
  static final long END = 0;

  private OtherEnd() {}

  /** Takes the medium, the file, and the size of a message. */
  public static void main(String[] args) throws IOException {
    final int messageBytes = Integer.parseInt(args[2]);
    try (Link link = open(Medium.of(args[0]), Path.of(args[1]), messageBytes)) {
      serve(link);
    }
  }

  private static Link open(Medium medium, Path file, int messageBytes) {
    if (medium == Medium.MAPPING) {
      return new MappedLink(file, messageBytes, false);
    }
    return new PipeLink(
        new FileInputStream(FileDescriptor.in),
        new FileOutputStream(FileDescriptor.out),
        messageBytes,
        medium == Medium.BUFFERED_PIPE);
  }

  private static void serve(Link link) throws IOException {
    long counted = 0;
    while (true) {
      final long number = link.receive();
      if (number > 0) {
        link.send(number);
        link.flush();
      } else if (number == END) {
        link.send(counted);
        link.flush();
        return;
      } else if (number == -counted - 1) {
        counted++;
      } else {
        throw new IOException("message " + (counted + 1) + " is " + -number);
      }
    }
  }
}
