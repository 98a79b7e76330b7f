package io.quarry.bench.exchange;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A pipe for each direction. Reads take what is there; a write goes out alone, or with others. */
final class PipeLink implements Link {

  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final OutputStream out;
  private final int messageBytes;
  private final boolean buffered;
  private final ByteBuffer outgoing;
  private final ByteBuffer incoming;

  PipeLink(InputStream in, OutputStream out, int messageBytes, boolean buffered) {
    this.in = in;
    this.out = out;
    this.messageBytes = messageBytes;
    this.buffered = buffered;
    final int capacity = Math.max(BUFFER_BYTES / messageBytes, 1) * messageBytes;
    outgoing = ByteBuffer.allocate(buffered ? capacity : messageBytes);
    outgoing.order(ByteOrder.nativeOrder());
    incoming = ByteBuffer.allocate(capacity).order(ByteOrder.nativeOrder()).limit(0);
  }

  @Override
  public void send(long number) throws IOException {
    final int at = outgoing.position();
    outgoing.putLong(at, number);
    outgoing.putLong(at + messageBytes - Long.BYTES, Link.check(number));
    outgoing.position(at + messageBytes);
    if (!buffered || !outgoing.hasRemaining()) {
      flush();
    }
  }

  @Override
  public void flush() throws IOException {
    if (outgoing.position() > 0) {
      out.write(outgoing.array(), 0, outgoing.position());
      out.flush();
      outgoing.clear();
    }
  }

  @Override
  public long receive() throws IOException {
    while (incoming.remaining() < messageBytes) {
      incoming.compact();
      final int read = in.read(incoming.array(), incoming.position(), incoming.remaining());
      if (read < 0) {
        throw new EOFException("the other process is gone");
      }
      incoming.position(incoming.position() + read).flip();
    }
    final int at = incoming.position();
    incoming.position(at + messageBytes);
    return Link.checked(incoming.getLong(at), incoming.getLong(at + messageBytes - Long.BYTES));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
