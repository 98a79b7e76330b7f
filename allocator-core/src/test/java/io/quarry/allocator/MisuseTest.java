package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quarry.allocator.InvalidAddressException.Reason;
import io.quarry.child.ChildJvm;
import io.quarry.child.GuardPageProbe;
import io.quarry.posix.NativeMemory;
import java.io.File;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One test for each way to misuse an allocator; {@code docs/safety.md} refers to them by name. */
class MisuseTest {
  private static final Duration IDLE_TIME = Duration.ofSeconds(1);

  private final ManualClock clock = new ManualClock();
  private final List<String> misuses = new ArrayList<>();

  /** With samples so dense that every block is one. */
  private SlabAllocator allocator(final Checks checks) {
    return SlabAllocator.builder()
        .capacity(256L << 20)
        .idleTime(IDLE_TIME)
        .checks(checks)
        .sampleInterval(1)
        .misuseListener(misuses::add)
        .clock(clock)
        .build();
  }

  private static long allocateHere(final SlabAllocator allocator, final long size) {
    return allocator.malloc(size);
  }

  private static void freeHere(final SlabAllocator allocator, final long address) {
    allocator.free(address);
  }

  private static InvalidAddressException refused(final ThrowingCallable call) {
    final InvalidAddressException refused =
        catchThrowableOfType(InvalidAddressException.class, call);
    assertThat(refused).isNotNull();
    return refused;
  }

  // --- always detected ---------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(Checks.class)
  void theFreeOfAForeignAddressIsRefused(final Checks checks) {
    try (SlabAllocator allocator = allocator(checks);
        SlabAllocator other = allocator(checks)) {
      final long address = allocateHere(other, 100);
      final InvalidAddressException refused = refused(() -> allocator.free(address));
      assertThat(refused.reason()).isEqualTo(Reason.FOREIGN);
      assertThat(refused)
          .hasMessageContaining("0x%x".formatted(address))
          .hasMessageContaining("the block is one of another allocator")
          .hasMessageContaining("offset 0 of block ")
          .hasMessageContaining("live");
      other.free(address);
      assertThat(refused(() -> allocator.free(16)).reason()).isEqualTo(Reason.FOREIGN);
    }
  }

  @ParameterizedTest
  @EnumSource(Checks.class)
  void theFreeOfAnInteriorAddressIsRefused(final Checks checks) {
    try (SlabAllocator allocator = allocator(checks)) {
      final long address = allocateHere(allocator, 100);
      final InvalidAddressException refused = refused(() -> allocator.free(address + 24));
      assertThat(refused.reason()).isEqualTo(Reason.INTERIOR);
      assertThat(refused)
          .hasMessageContaining("0x%x".formatted(address + 24))
          .hasMessageContaining("offset 24 of block ")
          .hasMessageContaining(
              "0x%x of %d bytes".formatted(address, checks == Checks.STANDARD ? 112 : 128))
          .hasMessageContaining("live, in a slab 0x");
      if (checks != Checks.STANDARD) {
        assertThat(refused)
            .hasMessageContaining("100 asked for")
            .hasMessageContaining("MisuseTest.allocateHere");
      }
      allocator.free(address);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "STANDARD, 100", "STANDARD, 50000", "STANDARD, 3000000",
    "SAMPLED, 100", "SAMPLED, 50000", "SAMPLED, 3000000",
    "FULL, 100", "FULL, 50000", "FULL, 3000000"
  })
  void aSecondFreeIsRefused(final Checks checks, final long size) {
    try (SlabAllocator allocator = allocator(checks)) {
      allocator.malloc(7_000); // keeps the region from being dropped as a whole
      final long address = allocateHere(allocator, size);
      freeHere(allocator, address);
      requireDoubleFree(allocator, address, checks);
      clock.advance(IDLE_TIME.multipliedBy(3)); // out of quarantine
      allocator.housekeep();
      requireDoubleFree(allocator, address, checks);
      assertThat(allocator.stats().liveBlocks()).isEqualTo(1);
      assertThat(misuses).isEmpty();
    }
  }

  private static void requireDoubleFree(
      final SlabAllocator allocator, final long address, final Checks checks) {
    for (final ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> allocator.free(address),
            () -> allocator.free(address, 1),
            () -> allocator.realloc(address, 5_000_000),
            () -> allocator.usableSize(address),
            () -> allocator.byteBuffer(address, 1))) {
      final InvalidAddressException refused = refused(call);
      assertThat(refused.reason()).isEqualTo(Reason.DOUBLE_FREE);
      if (checks != Checks.STANDARD) {
        assertThat(refused)
            .hasMessageContaining("MisuseTest.allocateHere")
            .hasMessageContaining("MisuseTest.freeHere");
        assertThat(refused.getSuppressed()).hasSize(2);
        assertThat(refused.getSuppressed()[0])
            .hasToString(
                "allocated by thread %d \"%s\""
                    .formatted(Thread.currentThread().getId(), Thread.currentThread().getName()));
        assertThat(framesOf(refused.getSuppressed()[1]))
            .startsWith("freeHere", "aSecondFreeIsRefused");
      }
    }
  }

  private static List<String> framesOf(final Throwable trace) {
    return Arrays.stream(trace.getStackTrace()).map(StackTraceElement::getMethodName).toList();
  }

  @ParameterizedTest
  @EnumSource(Checks.class)
  void aFreeWithAWrongSizeIsRefused(final Checks checks) {
    try (SlabAllocator allocator = allocator(checks)) {
      final long address = allocateHere(allocator, 100);
      assertThat(refused(() -> allocator.free(address, 200)).reason())
          .isEqualTo(Reason.SIZE_MISMATCH);
      if (checks == Checks.STANDARD) {
        allocator.free(address, 104); // of the same class: not seen
      } else {
        assertThat(refused(() -> allocator.free(address, 104)))
            .hasMessageContaining("the block holds 100 bytes");
        allocator.free(address, 100);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Checks.class)
  void aViewBehindTheEndIsRefused(final Checks checks) {
    try (SlabAllocator allocator = allocator(checks)) {
      final long address = allocateHere(allocator, 100);
      final int usable = (int) allocator.usableSize(address);
      assertThat(usable).isEqualTo(checks == Checks.STANDARD ? 112 : 100);
      assertThat(refused(() -> allocator.byteBuffer(address, usable + 1)).reason())
          .isEqualTo(Reason.SIZE_MISMATCH);
      assertThat(allocator.byteBuffer(address + 40, usable - 40).capacity()).isEqualTo(usable - 40);
    }
  }

  // --- detected where a block is checked ---------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "SAMPLED, 100",
    "SAMPLED, 0",
    "SAMPLED, 50000",
    "SAMPLED, 3000001",
    "FULL, 100",
    "FULL, 0",
    "FULL, 50000",
    "FULL, 3000001"
  })
  void aWriteBehindTheEndIsReportedWhenTheBlockIsFreed(final Checks checks, final long size) {
    try (SlabAllocator allocator = allocator(checks)) {
      final long address = allocateHere(allocator, size);
      NativeMemory.fill(address, size, (byte) 1);
      NativeMemory.fill(address + size, 1, (byte) 'A');
      freeHere(allocator, address);
      allocator.housekeep();
      assertThat(misuses).hasSize(1);
      assertThat(misuses.get(0))
          .contains("written behind its end: from offset " + size + " on there is 41 b5")
          .contains("found when it was freed")
          .contains("block 0x%x of %d bytes".formatted(address, size))
          .contains("allocateHere")
          .contains("freeHere");
      assertThat(allocator.stats().misuseCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"SAMPLED, 100", "SAMPLED, 50000", "FULL, 100", "FULL, 50000", "FULL, 3000000"})
  void aWriteAfterTheFreeIsReportedWithBothStacks(final Checks checks, final long size) {
    try (SlabAllocator allocator = allocator(checks)) {
      final long address = allocateHere(allocator, size);
      freeHere(allocator, address);
      NativeMemory.fill(address + 8, 4, (byte) 'B');
      allocator.housekeep();
      assertThat(misuses).as("before it leaves quarantine").isEmpty();
      clock.advance(IDLE_TIME);
      allocator.housekeep();
      assertThat(misuses).hasSize(1);
      assertThat(misuses.get(0))
          .contains("written after it was freed: from offset 8 on there is 42 42 42 42 df df")
          .contains("found when it left quarantine")
          .contains("allocateHere")
          .contains("freeHere");
    }
  }

  @ParameterizedTest
  @EnumSource(value = Checks.class, names = "STANDARD", mode = EnumSource.Mode.EXCLUDE)
  void aWriteBehindTheEndOfABlockThatIsNeverFreedIsReportedAtClose(final Checks checks) {
    try (SlabAllocator allocator = allocator(checks)) {
      final SlabAllocator arena = allocator.newArena(1 << 20);
      NativeMemory.fill(allocateHere(arena, 100) + 100, 1, (byte) 'C');
      arena.close();
      assertThat(misuses).singleElement().asString().contains("when its allocator was closed");
      NativeMemory.fill(allocateHere(allocator, 100) + 100, 1, (byte) 'D');
      freeHere(allocator, allocateHere(allocator, 300));
    }
    assertThat(misuses).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(value = Checks.class, names = "STANDARD", mode = EnumSource.Mode.EXCLUDE)
  void blocksThatAreNeverFreedAreReportedByStack(final Checks checks) {
    final List<AllocatorStats> last = new ArrayList<>();
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(64L << 20)
            .checks(checks)
            .sampleInterval(1)
            .closeListener(last::add)
            .clock(clock)
            .build()) {
      for (int i = 0; i < 5; i++) {
        allocateHere(allocator, 100);
      }
      allocator.malloc(300);
      freeHere(allocator, allocateHere(allocator, 5_000));
      final List<AllocationSite> sites = allocator.stats().allocationSites();
      assertThat(sites).extracting(AllocationSite::bytes).containsExactly(500L, 300L);
      assertThat(sites).extracting(AllocationSite::blocks).containsExactly(5L, 1L);
      assertThat(sites.get(0).stack().get(0).getMethodName()).isEqualTo("allocateHere");
      assertThat(allocator.stats().toText()).contains("5 blocks, 500 B, allocated\n\tat ");
    }
    assertThat(last).singleElement();
    assertThat(last.get(0).liveBlocks()).isEqualTo(6);
    assertThat(last.get(0).allocationSites()).hasSize(2);
  }

  /** Where nothing catches it, a touch of the page behind a large block ends the JVM. */
  @Test
  @Tag("long")
  void anAccessToTheGuardPageEndsTheJvm() {
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    arguments.addAll(
        List.of(
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "-cp",
            String.join(File.pathSeparator, ChildJvm.classPath()),
            GuardPageProbe.class.getName()));
    final ChildJvm.Result result = ChildJvm.run(arguments);
    assertThat(result.lines()).contains("inside is fine").doesNotContain("behind is fine");
    assertThat(result.exitCode()).isNotZero();
    assertThat(String.join("\n", result.lines())).containsAnyOf("SIGSEGV", "InternalError");
  }

  @ParameterizedTest
  @EnumSource(value = Checks.class, names = "STANDARD", mode = EnumSource.Mode.EXCLUDE)
  void ofTwoFreesAtTheSameInstantOneIsRefused(final Checks checks) throws InterruptedException {
    try (SlabAllocator allocator = allocator(checks)) {
      final AtomicInteger refused = new AtomicInteger();
      for (int round = 0; round < 200; round++) {
        final long address = allocator.malloc(100);
        final CyclicBarrier start = new CyclicBarrier(2);
        final Runnable free =
            () -> {
              try {
                start.await();
                allocator.free(address);
              } catch (final InvalidAddressException second) {
                refused.incrementAndGet();
              } catch (final InterruptedException | BrokenBarrierException unexpected) {
                throw new AssertionError(unexpected);
              }
            };
        final Thread other = new Thread(free);
        other.start();
        free.run();
        other.join();
        assertThat(refused).hasValue(round + 1);
      }
      assertThat(allocator.stats().liveBlocks()).isZero();
      assertThat(allocator.stats().freeCount()).isEqualTo(200);
    }
  }

  // --- never detected ----------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(Checks.class)
  void aReadAfterTheFreeIsNotDetected(final Checks checks) {
    try (SlabAllocator allocator = allocator(checks)) {
      allocator.malloc(100); // keeps the slab
      final long address = allocateHere(allocator, 100);
      final ByteBuffer view = allocator.byteBuffer(address, 100);
      view.put(0, (byte) 7);
      freeHere(allocator, address);
      assertThat(view.get(0)).isEqualTo((byte) (checks == Checks.STANDARD ? 7 : 0xDF));
    }
    assertThat(misuses).isEmpty();
  }

  @Test
  void aFreeOfABlockThatWasIssuedAgainIsNotDetected() {
    try (SlabAllocator allocator = allocator(Checks.STANDARD)) {
      final long stale = allocator.malloc(50_000);
      allocator.free(stale);
      assertThat(allocator.malloc(50_000)).isEqualTo(stale);
      allocator.free(stale);
      assertThat(refused(() -> allocator.free(stale)).reason()).isEqualTo(Reason.DOUBLE_FREE);
    }
  }

  /** Quarantine narrows it: until a block leaves, its address is nobody else's. */
  @ParameterizedTest
  @EnumSource(value = Checks.class, names = "STANDARD", mode = EnumSource.Mode.EXCLUDE)
  void aBlockInQuarantineIsNotIssuedAgain(final Checks checks) {
    try (SlabAllocator allocator = allocator(checks)) {
      final long stale = allocateHere(allocator, 100);
      freeHere(allocator, stale);
      for (int i = 0; i < 800; i++) {
        assertThat(allocator.malloc(100)).isNotEqualTo(stale);
      }
      assertThat(refused(() -> allocator.free(stale)).reason()).isEqualTo(Reason.DOUBLE_FREE);
    }
  }
}
