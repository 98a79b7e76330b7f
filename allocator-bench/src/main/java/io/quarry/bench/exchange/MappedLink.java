package io.quarry.bench.exchange;

import io.quarry.posix.FileHandle;
import io.quarry.posix.Mapping;
import io.quarry.posix.OpenFlag;
import io.quarry.posix.Protection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** A ring for each direction, in a file that both ends map. */
final class MappedLink implements Link {

  private static final int RING_BYTES = (1 << 20) + RingBufferDescriptor.TRAILER_LENGTH;
  private static final int TYPE = 1;
  private static final long MOST_WAITING_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** By then the other process is not running, and may want this processor. */
  private static final int SPINS_BEFORE_YIELDING = 1 << 12;

  private static final int MOST_AT_ONCE = 1 << 8;

  private final Mapping mapping;
  private final RingBuffer outgoing;
  private final RingBuffer incoming;
  private final UnsafeBuffer message;
  private final long[] received = new long[MOST_AT_ONCE];
  private int taken;
  private int given;
  private boolean whole = true;
  private long waitingSince;

  /** Opens one end; the file was made by {@link #create}. */
  MappedLink(Path file, int messageBytes, boolean first) {
    mapping = Mapping.ofFile(file).protection(Protection.READ, Protection.WRITE).map();
    final RingBuffer one = new OneToOneRingBuffer(mapping.buffer(0, RING_BYTES));
    final RingBuffer other = new OneToOneRingBuffer(mapping.buffer(RING_BYTES, RING_BYTES));
    outgoing = first ? one : other;
    incoming = first ? other : one;
    message = new UnsafeBuffer(new byte[messageBytes]);
  }

  /** Makes the file. */
  static void create(Path file) {
    try (FileHandle handle = FileHandle.open(file, OpenFlag.RDWR, OpenFlag.CREAT, OpenFlag.EXCL)) {
      handle.resize(2L * RING_BYTES);
    }
  }

  @Override
  public void send(long toSend) throws IOException {
    message.putLong(0, toSend);
    message.putLong(message.capacity() - Long.BYTES, Link.check(toSend));
    long spins = 0;
    while (!outgoing.write(TYPE, message, 0, message.capacity())) {
      waited(++spins);
    }
  }

  @Override
  public void flush() {
    // A message is there as soon as it is in the ring.
  }

  @Override
  public long receive() throws IOException {
    if (given == taken) {
      given = 0;
      taken = 0;
      long spins = 0;
      while (incoming.read(this::take, MOST_AT_ONCE) == 0) {
        waited(++spins);
      }
      if (!whole) {
        throw new IOException("a damaged message");
      }
    }
    return received[given++];
  }

  private void take(int type, MutableDirectBuffer buffer, int index, int length) {
    final long number = buffer.getLong(index);
    whole &= buffer.getLong(index + length - Long.BYTES) == Link.check(number);
    received[taken++] = number;
  }

  /** Nobody waits for ever for an end that is gone. */
  private void waited(long spins) throws IOException {
    if (spins < SPINS_BEFORE_YIELDING) {
      Thread.onSpinWait();
      return;
    }
    final long now = System.nanoTime();
    if (spins == SPINS_BEFORE_YIELDING) {
      waitingSince = now;
    } else if (now - waitingSince > MOST_WAITING_NANOS) {
      throw new IOException("the other process does not answer");
    }
    Thread.yield();
  }

  @Override
  public void close() {
    mapping.close();
  }
}
