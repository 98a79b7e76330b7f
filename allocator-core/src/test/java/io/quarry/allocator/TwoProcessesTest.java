package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.child.ChildJvm;
import io.quarry.child.SharedBlocksProbe;
import io.quarry.posix.PosixException;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An allocator here, and a JVM started separately that reads its blocks. */
@EnabledOnOs(OS.LINUX)
final class TwoProcessesTest {
  private static final long MIB = 1L << 20;
  private static final int EXCHANGES = 600;

  @RegisterExtension static final NothingShared LEFT = new NothingShared();

  @TempDir(factory = InMemoryDirectory.class)
  Path directory;

  @Test
  void anotherProcessReadsSharedMemory() throws Exception {
    exchange(Backing.sharedMemory());
  }

  @Test
  void anotherProcessReadsAFile() throws Exception {
    exchange(Backing.file(directory.resolve("blocks")));
    assertThat(directory).isEmptyDirectory();
  }

  /** All the while, other blocks come and go, regions grow, and idle memory is given back. */
  private static void exchange(final Backing backing) throws Exception {
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(128 * MIB)
            .regionSize(4 * MIB)
            .idleTime(Duration.ofMillis(2))
            .backing(backing)
            .build()) {
      final int mailboxBytes = SharedBlocksProbe.SLOTS * SharedBlocksProbe.SLOT_BYTES;
      final long mailbox = allocator.calloc(1, mailboxBytes);
      final long offset = allocator.offsetOf(mailbox);
      final CompletableFuture<ChildJvm.Result> child =
          CompletableFuture.supplyAsync(
              () -> run("read", allocator.backingPath().toString(), Long.toString(offset)));
      final Owner owner = new Owner(allocator, allocator.byteBuffer(mailbox, mailboxBytes));
      final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(50);
      while (owner.exchanged < EXCHANGES && !child.isDone() && System.nanoTime() < deadline) {
        owner.step();
      }
      for (int slot = 0; slot < SharedBlocksProbe.SLOTS; slot++) {
        SharedBlocksProbe.state(owner.mailbox, slot, SharedBlocksProbe.ENOUGH);
      }
      final ChildJvm.Result result = child.get(60, TimeUnit.SECONDS);

      assertThat(result.exitCode()).as("%s", result.lines()).isZero();
      assertThat(result.lines().get(0).trim())
          .isEqualTo("OUTSIDE OUTSIDE OUTSIDE INTERIOR BEYOND_BLOCK NO_BLOCK");
      assertThat(result.lines().get(1))
          .startsWith("Agrona's buffers need the JVM option --add-opens=");
      assertThat(result.lines().get(2)).startsWith("verified ");
      assertThat(owner.exchanged).isGreaterThanOrEqualTo(EXCHANGES);
      assertThat(owner.wrong).isZero();
      assertThat(allocator.stats().unmappedBytes()).as("given back meanwhile").isPositive();
      System.out.println(backing + ": " + result.lines().get(2));
    }
  }

  /** Hands over blocks, and frees them once they were read. */
  private static final class Owner {
    private final SlabAllocator allocator;
    private final ByteBuffer mailbox;
    private final Random random = new Random(11);
    private final long[] handedOver = new long[SharedBlocksProbe.SLOTS];
    private final List<Long> others = new ArrayList<>();
    private int exchanged;
    private int wrong;

    Owner(final SlabAllocator allocator, final ByteBuffer mailbox) {
      this.allocator = allocator;
      this.mailbox = mailbox;
    }

    void step() {
      for (int slot = 0; slot < SharedBlocksProbe.SLOTS; slot++) {
        final long state = SharedBlocksProbe.state(mailbox, slot);
        if (state == SharedBlocksProbe.READ || state == SharedBlocksProbe.WRONG) {
          exchanged++;
          wrong += state == SharedBlocksProbe.WRONG ? 1 : 0;
          allocator.free(handedOver[slot]);
          handOver(slot);
        } else if (state == SharedBlocksProbe.EMPTY) {
          handOver(slot);
        }
      }
      if (others.size() < 30 && random.nextInt(4) > 0) {
        others.add(allocator.malloc(random.nextInt((int) MIB)));
      } else if (!others.isEmpty()) {
        allocator.free(others.remove(random.nextInt(others.size())));
      }
      if (random.nextInt(200) == 0) {
        others.forEach(allocator::free);
        others.clear();
      }
    }

    private void handOver(final int slot) {
      final int length = 1 + random.nextInt(1 << 6 + random.nextInt(17));
      final long address = allocator.malloc(length);
      final ByteBuffer bytes = allocator.byteBuffer(address, length);
      final byte[] contents = new byte[length];
      random.nextBytes(contents);
      bytes.put(0, contents);
      handedOver[slot] = address;
      final int at = slot * SharedBlocksProbe.SLOT_BYTES;
      mailbox.putLong(at + 8, allocator.offsetOf(address));
      mailbox.putLong(at + 16, length);
      mailbox.putLong(at + 24, SharedBlocksProbe.checksum(bytes));
      SharedBlocksProbe.state(mailbox, slot, SharedBlocksProbe.FULL);
    }
  }

  @Test
  void whatADeadProcessLeavesIsReadableAndThenReplaced() {
    final Path path = directory.resolve("left");
    final ChildJvm.Result result = run("own", path.toString());
    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    final long offset = Long.parseLong(result.lines().get(0));

    assertThat(path).exists();
    try (SharedBlocks left = SharedBlocks.attach(path)) {
      assertThat(left.byteBuffer(offset, 8).getLong(0)).isEqualTo(4711);
      assertThat(left.isClosedByOwner()).isFalse();
      try (SlabAllocator next =
          SlabAllocator.builder().capacity(8 * MIB).backing(Backing.file(path)).build()) {
        final long address = next.malloc(100);
        next.byteBuffer(address, 8).putLong(0, 1);
        assertThat(left.byteBuffer(offset, 8).getLong(0)).as("another file").isEqualTo(4711);
      }
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void programsThatAreStartedInheritNothing() throws Exception {
    try (SlabAllocator allocator =
            SlabAllocator.builder().capacity(8 * MIB).backing(Backing.sharedMemory()).build();
        SharedBlocks reader = SharedBlocks.attach(allocator.backingPath())) {
      allocator.offsetOf(allocator.malloc(10));
      assertThat(reader.isClosedByOwner()).isFalse();
      final ChildJvm.Result listed =
          ChildJvm.execute(List.of("sh", "-c", "ls -l /proc/self/fd; cat /proc/self/maps"));
      assertThat(listed.exitCode()).isZero();
      assertThat(listed.lines()).noneMatch(line -> line.contains("memfd:quarry"));
    }
  }

  @Test
  void afterTheOwnerHasClosedThePathLeadsNowhere() {
    final SlabAllocator allocator =
        SlabAllocator.builder().capacity(8 * MIB).backing(Backing.sharedMemory()).build();
    final Path path = allocator.backingPath();
    allocator.close();
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> SharedBlocks.attach(path))
        .isInstanceOfAny(PosixException.class, IllegalArgumentException.class);
  }

  private static ChildJvm.Result run(final String... arguments) {
    final List<String> command = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    command.addAll(
        List.of("-Xmx64m", "-cp", String.join(File.pathSeparator, ChildJvm.classPath())));
    command.add(SharedBlocksProbe.class.getName());
    command.addAll(List.of(arguments));
    return ChildJvm.run(command);
  }
}
