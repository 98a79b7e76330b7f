package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which blocks are checked: by setting, and among samples. */
class ChecksTest {
  private static final String CHECKS = "quarry.checks";
  private static final String INTERVAL = "quarry.sampleInterval";

  private final ManualClock clock = new ManualClock();

  private static void with(final String property, final String value, final Runnable body) {
    final String before = System.getProperty(property);
    System.setProperty(property, value);
    try {
      body.run();
    } finally {
      if (before == null) {
        System.clearProperty(property);
      } else {
        System.setProperty(property, before);
      }
    }
  }

  private static SlabAllocator.Builder builder() {
    return SlabAllocator.builder().capacity(64L << 20);
  }

  private static int sitesOfOneBlock(final SlabAllocator.Builder builder) {
    try (SlabAllocator allocator = builder.build()) {
      allocator.malloc(100);
      return allocator.stats().allocationSites().size();
    }
  }

  @ParameterizedTest
  @CsvSource({"full, 1", "FULL, 1", "Sampled, 1", "standard, 0"})
  void thePropertySaysItForThoseThatSayNothing(final String value, final int sites) {
    with(
        INTERVAL,
        "1",
        () -> with(CHECKS, value, () -> assertThat(sitesOfOneBlock(builder())).isEqualTo(sites)));
  }

  @Test
  void theBuilderKnowsBetterThanTheProperty() {
    with(
        CHECKS,
        "full",
        () -> assertThat(sitesOfOneBlock(builder().checks(Checks.STANDARD))).isZero());
    with(
        INTERVAL,
        "1000000000000",
        () ->
            assertThat(sitesOfOneBlock(builder().checks(Checks.SAMPLED).sampleInterval(1)))
                .isEqualTo(1));
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    with(
        CHECKS,
        "some",
        () ->
            assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().build())
                .withMessage("-Dquarry.checks=some: expected standard, sampled or full"));
    for (final String interval : List.of("8m", "0", "-1")) {
      with(
          INTERVAL,
          interval,
          () ->
              assertThatIllegalArgumentException()
                  .isThrownBy(() -> builder().checks(Checks.SAMPLED).build())
                  .withMessageContaining("-Dquarry.sampleInterval=" + interval + ": expected"));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().sampleInterval(0))
        .withMessageContaining("sample interval 0");
  }

  private static void here(final SlabAllocator allocator, final int size) {
    allocator.malloc(size);
  }

  private static void there(final SlabAllocator allocator, final int size) {
    allocator.malloc(size);
  }

  /** Also where two places take turns, so that each word of a bitmap holds 32 blocks of each. */
  @ParameterizedTest
  @ValueSource(ints = {64, 4_096, 50_000})
  void eachByteIsAsLikelyToBeASampleAsAnyOther(final int size) {
    final int pairs = 6_400_000 / size * 2 + 2_000;
    final long interval = (long) size * pairs / 400; // so that of each place 400 are expected
    try (SlabAllocator allocator =
        SlabAllocator.builder()
            .capacity(1L << 30)
            .checks(Checks.SAMPLED)
            .sampleInterval(interval)
            .clock(clock)
            .build()) {
      for (int i = 0; i < pairs; i++) {
        here(allocator, size);
        there(allocator, size);
        clock.advance(Duration.ofMillis(100)); // so that none is throttled
      }
      final List<AllocationSite> sites = allocator.stats().allocationSites();
      assertThat(sites)
          .extracting(site -> site.stack().get(0).getMethodName())
          .containsExactlyInAnyOrder("here", "there");
      // Five standard deviations.
      assertThat(sites).allSatisfy(site -> assertThat(site.blocks()).isBetween(300L, 500L));
      assertThat(allocator.stats().liveBlocks()).isEqualTo(2L * pairs);
      assertThat(allocator.stats().mallocCount()).isEqualTo(2L * pairs);
    }
  }

  @Test
  void samplesAreThrottled() {
    try (SlabAllocator allocator =
        builder().checks(Checks.SAMPLED).sampleInterval(1).clock(clock).build()) {
      for (int i = 0; i < 1_000; i++) {
        allocator.malloc(100);
      }
      assertThat(allocator.stats().allocationSites().get(0).blocks()).isEqualTo(250);
      clock.advance(Duration.ofMillis(100));
      for (int i = 0; i < 1_000; i++) {
        allocator.malloc(100);
      }
      final long samples =
          allocator.stats().allocationSites().stream().mapToLong(AllocationSite::blocks).sum();
      assertThat(samples).isEqualTo(275);
      assertThat(allocator.stats().liveBlocks()).isEqualTo(2_000);
    }
  }
}
