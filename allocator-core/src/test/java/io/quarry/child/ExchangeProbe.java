package io.quarry.child;

import io.quarry.posix.Mapping;
import io.quarry.posix.Protection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * One of two programs that map a file, each by its path, and exchange messages through a ring for
 * each direction. Nobody calls the system for a message: both look at the memory until it changes.
 */
public final class ExchangeProbe {

  private static final int RING_BYTES = (1 << 16) + RingBufferDescriptor.TRAILER_LENGTH;
  private static final int ADD = 1;

  /** How much of the file the two rings take. */
  public static final long FILE_BYTES = 2L * RING_BYTES;

  private ExchangeProbe() {}

  /** What to start a JVM with for one of the two. */
  public static List<String> arguments(String role, Path file, int messages) {
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    arguments.add("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
    arguments.addAll(List.of("-XX:+UseSerialGC", "-Xmx64m", "-cp"));
    arguments.add(System.getProperty("java.class.path"));
    arguments.addAll(List.of(ExchangeProbe.class.getName(), role));
    arguments.addAll(List.of(file.toString(), Integer.toString(messages)));
    return arguments;
  }

  /** Takes {@code client} or {@code server}, the file, and the number of messages. */
  public static void main(String[] args) {
    final int messages = Integer.parseInt(args[2]);
    try (Mapping mapping =
        Mapping.ofFile(Path.of(args[1])).protection(Protection.READ, Protection.WRITE).map()) {
      final RingBuffer requests = new OneToOneRingBuffer(mapping.buffer(0, RING_BYTES));
      final RingBuffer replies = new OneToOneRingBuffer(mapping.buffer(RING_BYTES, RING_BYTES));
      if (args[0].equals("client")) {
        client(requests, replies, messages);
      } else {
        server(requests, replies, messages);
      }
    }
  }

  /** Sends the numbers from 1 on, many at a time, and expects the sum of all so far for each. */
  private static void client(RingBuffer requests, RingBuffer replies, int messages) {
    final UnsafeBuffer number = new UnsafeBuffer(new byte[Long.BYTES]);
    final long[] received = new long[2];
    int sent = 0;
    while (received[0] < messages) {
      if (sent < messages) {
        number.putLong(0, sent + 1L);
        sent += requests.write(ADD, number, 0, Long.BYTES) ? 1 : 0;
      }
      replies.read(
          (type, buffer, index, length) -> {
            received[0]++;
            final long sum = buffer.getLong(index);
            if (sum != received[0] * (received[0] + 1) / 2) {
              throw new IllegalStateException("reply " + received[0] + " is " + sum);
            }
            received[1] = sum;
          });
      Thread.onSpinWait();
    }
    System.out.println("client: " + received[0] + " replies, the last is " + received[1]);
  }

  private static void server(RingBuffer requests, RingBuffer replies, int messages) {
    final UnsafeBuffer reply = new UnsafeBuffer(new byte[Long.BYTES]);
    final long[] received = new long[2];
    while (received[0] < messages) {
      requests.read(
          (type, buffer, index, length) -> {
            received[0]++;
            received[1] += buffer.getLong(index);
            reply.putLong(0, received[1]);
            while (!replies.write(type, reply, 0, Long.BYTES)) {
              Thread.onSpinWait();
            }
          });
      Thread.onSpinWait();
    }
    System.out.println("server: " + received[0] + " requests, their sum is " + received[1]);
  }
}
