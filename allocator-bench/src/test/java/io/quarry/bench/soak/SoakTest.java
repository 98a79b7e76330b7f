package io.quarry.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.allocator.Checks;
import io.quarry.bench.loops.VirtualThreads;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.UnsafeApi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import picocli.CommandLine;

@EnabledOnOs(OS.LINUX)
final class SoakTest {

  private static Plan plan(int millis, Checks checks) {
    return new Plan(Duration.ofMillis(millis), 7, checks, 64 << 20, Tolerance.USUAL);
  }

  /** Until there is a block at some slot of the shelf, does something to the first one. */
  private static Soak.Watcher once(Shelf.BlockUse use) {
    final AtomicBoolean done = new AtomicBoolean();
    return (round, tally, shelf, allocator) -> {
      for (int i = 0; i < shelf.slots(); i++) {
        shelf.borrow(
            i,
            (address, size) -> {
              if (done.compareAndSet(false, true)) {
                use.with(address, size);
              }
            });
      }
    };
  }

  @Test
  void everythingHappensAndNothingIsLost() throws Exception {
    final Outcome outcome = new Soak(plan(2_000, Checks.STANDARD), (r, t, s, a) -> {}).run();

    final Tally tally = outcome.tally();
    assertThat(outcome.levels()).hasSizeGreaterThanOrEqualTo(8);
    assertThat(outcome.faults()).isPositive();
    assertThat(tally.calls.sum()).isPositive();
    assertThat(tally.verifiedBytes.sum()).isPositive();
    assertThat(tally.movedBlocks.sum()).isPositive();
    assertThat(tally.refusedMisuse.sum()).isPositive();
    assertThat(tally.platformThreads.sum()).isPositive();
    assertThat(tally.virtualThreads.sum() > 0)
        .isEqualTo(Runtime.version().feature() >= VirtualThreads.SINCE);
    assertThat(tally.arenas.sum()).isPositive();
  }

  @Test
  void oneChangedBitIsReported() {
    final Soak soak =
        new Soak(
            plan(2_000, Checks.STANDARD),
            once(
                (address, size) -> {
                  final long last = address + size - 1;
                  UnsafeApi.putByte(last, (byte) (UnsafeApi.getByte(last) ^ 0x10));
                }));

    assertThatThrownBy(soak::run)
        .isInstanceOf(Divergence.class)
        .hasMessageContaining("corruption")
        .hasMessageContaining("slot ");
  }

  @Test
  void aBlockThatNobodyFreesIsReported() {
    final Soak soak =
        new Soak(plan(2_000, Checks.STANDARD), (round, tally, shelf, all) -> all.malloc(100));

    assertThatThrownBy(soak::run)
        .isInstanceOf(Divergence.class)
        .hasMessageContaining("the books do not agree with the shelf");
  }

  @Test
  void aWriteBehindABlockIsReportedByTheAllocatorsOwnChecks() {
    final Soak soak =
        new Soak(
            plan(2_000, Checks.FULL),
            (round, tally, shelf, allocator) -> {
              final long address = allocator.malloc(100);
              UnsafeApi.putByte(address + 100, (byte) 1);
              allocator.free(address);
            });

    assertThatThrownBy(soak::run).isInstanceOf(Divergence.class).hasMessageContaining("found late");
  }

  @Test
  void wrongUsageIsExplained() {
    final StringWriter err = new StringWriter();
    final int exit =
        new CommandLine(new SoakCommand())
            .setErr(new PrintWriter(err, true))
            .execute("--minutes", "0");

    assertThat(exit).isEqualTo(2);
    assertThat(err.toString()).contains("--minutes must be");
  }
}
