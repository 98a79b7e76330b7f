package io.quarry.bench.jmh;

import io.quarry.posix.Advice;
import io.quarry.posix.Mapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reads one chunk of a file that is in memory, and sums it: by {@code read} through a channel into
 * a direct buffer, or out of a mapping. In order or at random places.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = Flags.OPEN_INTERNAL_MISC)
public class FileReadBenchmark {

  private static final int FILE_BYTES = 64 << 20;
  private static final int PLACES = 1 << 14;

  /** Bytes that are read at once. */
  @Param({"64", "4096", "65536"})
  public int chunk;

  /** Where the next chunk is. */
  @Param({"sequential", "random"})
  public String order;

  private Path file;
  private FileChannel channel;
  private Mapping mapping;
  private UnsafeBuffer mapped;
  private ByteBuffer copy;
  private UnsafeBuffer copied;
  private int[] places;
  private int next;

  /** Makes the file, opens and maps it. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    file = Files.createTempFile("quarry-read", ".bin");
    final byte[] contents = new byte[FILE_BYTES];
    new Random(1).nextBytes(contents);
    Files.write(file, contents);
    channel = FileChannel.open(file, StandardOpenOption.READ);
    mapping = Mapping.ofFile(file).map();
    mapping.advise(order.equals("random") ? Advice.RANDOM : Advice.SEQUENTIAL);
    mapped = mapping.buffer();
    copy = ByteBuffer.allocateDirect(chunk);
    copied = new UnsafeBuffer(copy);
    places = new int[PLACES];
    final Random random = new Random(2);
    for (int i = 0; i < PLACES; i++) {
      final int at = order.equals("random") ? random.nextInt(FILE_BYTES / chunk) : i;
      places[i] = at * chunk % FILE_BYTES;
    }
  }

  /** Unmaps, closes and deletes. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    mapping.close();
    channel.close();
    Files.delete(file);
  }

  /** One {@code pread} and a sum over the copy. */
  @Benchmark
  public long channelRead() throws IOException {
    copy.clear();
    final int read = channel.read(copy, nextPlace());
    if (read != chunk) {
      throw new IOException("read " + read + " bytes instead of " + chunk);
    }
    return sum(copied, 0, chunk);
  }

  /** A sum over the mapped memory. */
  @Benchmark
  public long mapping() {
    return sum(mapped, nextPlace(), chunk);
  }

  private int nextPlace() {
    next = (next + 1) & (PLACES - 1);
    return places[next];
  }

  private static long sum(UnsafeBuffer buffer, int from, int length) {
    long sum = 0;
    for (int i = from; i < from + length; i += Long.BYTES) {
      sum += buffer.getLong(i);
    }
    return sum;
  }
}
