package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ProcMapsTest extends MappedMemory {

  @Test
  void residentMemoryIsAttributedByAddress() {
    final int length = 64 * page;
    final long address = mapApart(length);
    posix.madvise(address, length, Advice.NOHUGEPAGE);
    assertThat(ProcMaps.rssBytes(address, address + length)).isZero();

    NativeMemory.fill(address, 10L * page, (byte) 1);

    assertThat(ProcMaps.rssBytes(address, address + length)).isEqualTo(10L * page);
    assertThat(ProcMaps.rssBytes(address + 4L * page, address + 20L * page))
        .as("part of a mapping")
        .isEqualTo(6L * page);
    assertThat(ProcMaps.rssBytes(address + 10L * page, address + length)).isZero();
  }

  @Test
  void theWholeProcessHoldsWhatWasTouched() {
    final long length = 64L << 20;
    final long address = map(length);
    final long before = ProcMaps.totalRssBytes();

    NativeMemory.fill(address, length, (byte) 1);

    // The JVM's own memory moves meanwhile, but not by half of this.
    assertThat(ProcMaps.totalRssBytes() - before).isBetween(length / 2, length + length / 2);
  }

  @Test
  void mappingsAreOrderedAndApart() {
    assertThat(ProcMaps.available()).isTrue();
    long end = 0;
    for (ProcMaps.Mapping mapping : ProcMaps.mappings()) {
      // Unsigned: the kernel's own page lies at the very top.
      assertThat(Long.compareUnsigned(mapping.from(), end)).isNotNegative();
      assertThat(Long.compareUnsigned(mapping.to(), mapping.from())).isPositive();
      end = mapping.to();
    }
    assertThat(ProcMaps.mappings()).anyMatch(mapping -> mapping.path().endsWith("libjvm.so"));
  }
}
