package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.Errno;
import io.quarry.posix.NativeMemory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Moving pages, on kernels that can and on kernels that refuse. */
final class RegionsMoveTest extends RegionsFixture {

  @ParameterizedTest
  @EnumSource(names = {"EINVAL", "EPERM", "ENOSYS"})
  void aKernelThatRefusesAtOnceHasTouchedNothing(final Errno error) {
    make(64 * MIB, IdlePolicy.UNMAP);
    final Run from = take(20);
    give(take(30));
    final long mapped = kernel.mappedBytes();
    posix.arm(error, (call, ordinal) -> call.equals("mremap"));

    assertThat(move(from, new Run(), 30)).isFalse();
    assertThat(regions.mappedBytes()).isEqualTo((20 + 30) * GRANULE);
    assertThat(regions.idleBytes()).isEqualTo(30 * GRANULE);
    assertThat(kernel.mappedBytes()).isEqualTo(mapped);
    posix.disarm();
    assertThat(move(from, new Run(), 30)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(names = {"ENOMEM", "EAGAIN", "EFAULT"})
  void whatMayBelongToAStrangerIsGivenUpAndHoldsNoMemory(final Errno error) {
    make(64 * MIB, IdlePolicy.UNMAP);
    final Run from = take(20);
    final Run idle = take(30);
    NativeMemory.fill(idle.address(), idle.bytes(), (byte) 1);
    give(idle);
    posix.arm(error, (call, ordinal) -> call.equals("mremap"));

    assertThat(move(from, new Run(), 30)).isFalse();
    checkBooks(List.of(from));
    assertThat(regions.mappedBytes()).isEqualTo(20 * GRANULE);
    assertThat(kernel.mincore(idle.address(), idle.bytes()).cardinality()).isZero();
    posix.disarm();
    final Run to = new Run();
    assertThat(move(from, to, 30)).isTrue();
    assertThat(to.address()).isNotEqualTo(idle.address());
    giveUp(idle);
  }

  @Test
  void aRunThatWasMovedAndMadeLongerCanBeMovedAgain() {
    make(512 * MIB, 32 * MIB, IdlePolicy.UNMAP);
    Run run = take(20);
    NativeMemory.fill(run.address(), run.bytes(), (byte) 3);
    for (int granules = 30; granules < 1_000; granules += granules / 2) {
      final Run blocker = take(1);
      final Run to = new Run();
      regions.lock().lock();
      try {
        if (regions.lengthen(run, granules)) {
          to.takeOver(run);
        } else {
          assertThat(regions.move(run, to, granules)).as("to %d granules", granules).isTrue();
        }
      } finally {
        regions.lock().unlock();
      }
      run = to;
      NativeMemory.fill(run.address() + run.bytes() - GRANULE, GRANULE, (byte) 4);
      assertThat(NativeMemory.byteBuffer(run.address(), 1).get(0)).isEqualTo((byte) 3);
      give(blocker);
      regions.returnIdle(now);
    }
    checkBooks(List.of(run));
  }

  @Test
  void aRunOverSeveralMappingsIsNotGivenToTheKernelToMove() {
    make(512 * MIB, 4 * MIB, IdlePolicy.UNMAP);
    // Two stretches that are touched while a hole is between them belong to two mappings for good.
    final Run low = take(8);
    final Run middle = take(8);
    final Run high = take(8);
    give(middle);
    regions.returnIdle(now);
    NativeMemory.fill(low.address(), low.bytes(), (byte) 1);
    NativeMemory.fill(high.address(), high.bytes(), (byte) 1);
    final Run end = take(40);
    final Run again = take(8);
    assertThat(again.address()).isEqualTo(middle.address());
    NativeMemory.fill(again.address(), again.bytes(), (byte) 1);
    give(low);
    give(again);
    give(high);
    final Run across = take(24);
    final long tried = kernel.count("mremap");
    assertThat(move(across, new Run(), 100)).isFalse();
    assertThat(kernel.count("mremap")).isEqualTo(tried);
    checkBooks(List.of(end, across));
  }

  /** Unmaps what the regions gave up since a stranger's memory might be there. */
  private void giveUp(final Run run) {
    kernel.munmap(run.address(), run.bytes());
  }

  private boolean move(final Run from, final Run to, final int granules) {
    regions.lock().lock();
    try {
      return regions.move(from, to, granules);
    } finally {
      regions.lock().unlock();
    }
  }
}
