package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pages come in as they are touched, unless the kernel is asked for them before. Counted with
 * {@code getrusage}, for the thread that touches; the figures are printed.
 */
@EnabledOnOs(OS.LINUX)
final class PageFaultsTest {

  private static final int LENGTH = 64 << 20;
  private static final Protection[] READ_WRITE = {Protection.READ, Protection.WRITE};

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final Posix posix = left.posix();
  private final int page = posix.pageSize();
  private final int pages = LENGTH / page;

  @TempDir Path directory;
  private Path path;

  /** What touching every page has cost. */
  private record Faults(long minor, long major) {
    long all() {
      return minor + major;
    }
  }

  @BeforeEach
  void makeFile() throws IOException {
    path = directory.resolve("64MiB");
    try (OutputStream out = Files.newOutputStream(path)) {
      final byte[] chunk = new byte[1 << 20];
      Arrays.fill(chunk, (byte) 1);
      for (int i = 0; i < LENGTH; i += chunk.length) {
        out.write(chunk);
      }
    }
    try (Mapping warmUp = Mapping.anonymous(page).posix(posix).map()) {
      touch("warm-up", warmUp, false);
    }
  }

  /** Reads or writes one byte of every page, in order. */
  private Faults touch(String what, Mapping mapping, boolean write) {
    final UnsafeBuffer buffer = mapping.buffer();
    final ResourceUsage before = posix.getrusage(UsageScope.THREAD);
    final long start = System.nanoTime();
    int sum = 0;
    for (int i = 0; i < buffer.capacity(); i += page) {
      sum += buffer.getByte(i);
      if (write) {
        buffer.putByte(i, (byte) sum);
      }
    }
    final long micros = (System.nanoTime() - start) / 1_000;
    final ResourceUsage after = posix.getrusage(UsageScope.THREAD);
    final Faults faults =
        new Faults(
            after.minorFaults() - before.minorFaults(), after.majorFaults() - before.majorFaults());
    if (buffer.capacity() == LENGTH) {
      System.out.printf(
          Locale.ROOT,
          "page faults, %s: %d minor, %d major, %d us, sum %d%n",
          what,
          faults.minor(),
          faults.major(),
          micros,
          sum);
    }
    return faults;
  }

  /** Lets the kernel forget the file's pages, as far as it can. */
  private void dropFromMemory() {
    try (Mapping mapping = Mapping.ofFile(path).protection(READ_WRITE).posix(posix).map()) {
      mapping.sync();
      touch("to be dropped", mapping, false);
      mapping.advise(Advice.PAGEOUT);
    }
  }

  private long residentPages() {
    try (Mapping mapping = Mapping.ofFile(path).protection(READ_WRITE).posix(posix).map()) {
      return mapping.residentPages().cardinality();
    }
  }

  @Test
  void privateMemoryComesPageByPage() {
    try (Mapping mapping = Mapping.anonymous(LENGTH).posix(posix).map()) {
      mapping.advise(Advice.NOHUGEPAGE);
      assertThat(touch("anonymous, written", mapping, true).minor())
          .as("one fault for each read and one for each write, or one for both")
          .isBetween((long) pages, 2L * pages + 100);
      assertThat(touch("anonymous, written again", mapping, true).all()).isLessThan(100);
    }
  }

  @Test
  void aFileComesAsItIsReadAndEachPageIsNotedAsItIsWritten() {
    try (Mapping mapping = Mapping.ofFile(path).protection(READ_WRITE).posix(posix).map()) {
      final Faults read = touch("file in memory, read", mapping, false);
      assertThat(read.minor())
          .as("Linux maps what is in memory around the page that was touched, 2 MiB at most")
          .isBetween(LENGTH / (2L << 20), pages + 100L);
      assertThat(read.major()).isZero();
      assertThat(touch("file in memory, read again", mapping, false).all()).isLessThan(100);
      assertThat(touch("file in memory, written", mapping, true).minor())
          .isBetween((long) pages, pages + 100L);
    }
  }

  @Test
  void populatingTakesTheFaultsAway() {
    final Faults plain;
    try (Mapping mapping = Mapping.ofFile(path).posix(posix).map()) {
      plain = touch("plain", mapping, false);
    }
    try (Mapping mapping = Mapping.ofFile(path).flags(MapFlag.POPULATE).posix(posix).map()) {
      final Faults populated = touch("MAP_POPULATE", mapping, false);
      assertThat(populated.all()).isLessThan(plain.all() / 10);
    }
  }

  @Test
  void pagesThatWillBeNeededAreReadAhead() throws InterruptedException {
    dropFromMemory();
    assumeTrue(residentPages() < pages / 10, "this file system keeps its pages");
    final Faults cold;
    try (Mapping mapping = Mapping.ofFile(path).posix(posix).map()) {
      mapping.advise(Advice.RANDOM);
      cold = touch("dropped, MADV_RANDOM", mapping, false);
    }
    assertThat(cold.major()).as("every page waits for the device").isGreaterThan(pages * 9L / 10);

    dropFromMemory();
    final Faults plain;
    try (Mapping mapping = Mapping.ofFile(path).posix(posix).map()) {
      plain = touch("dropped, plain", mapping, false);
    }
    dropFromMemory();
    final Faults sequential;
    try (Mapping mapping = Mapping.ofFile(path).posix(posix).map()) {
      mapping.advise(Advice.SEQUENTIAL);
      sequential = touch("dropped, MADV_SEQUENTIAL", mapping, false);
    }
    assertThat(plain.major()).as("read ahead by itself").isLessThan(cold.major() / 4);
    assertThat(sequential.major()).isLessThanOrEqualTo(plain.major());

    dropFromMemory();
    try (Mapping mapping = Mapping.ofFile(path).posix(posix).map()) {
      mapping.advise(Advice.WILLNEED);
      assertThat(arrives(mapping)).as("asked for, before anything was touched").isTrue();
      final Faults willNeed = touch("dropped, MADV_WILLNEED", mapping, false);
      assertThat(willNeed.major()).isLessThan(cold.major() / 4);
    }
    dropFromMemory();
    try (Mapping mapping = Mapping.ofFile(path).flags(MapFlag.POPULATE).posix(posix).map()) {
      final Faults populated = touch("dropped, MAP_POPULATE", mapping, false);
      assertThat(populated.major()).isLessThan(10);
    }
  }

  /** The kernel may begin to read somewhat later. */
  private static boolean arrives(final Mapping mapping) throws InterruptedException {
    final long deadline = System.nanoTime() + 10_000_000_000L;
    while (mapping.residentPages().isEmpty() && System.nanoTime() - deadline < 0) {
      Thread.sleep(1);
    }
    return !mapping.residentPages().isEmpty();
  }
}
