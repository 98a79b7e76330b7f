package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.FaultyPosix;
import io.quarry.posix.MisplacingPosix;
import io.quarry.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Regions on a kernel that counts and can be told to refuse, with a clock that stands still. */
@EnabledOnOs(OS.LINUX)
abstract class RegionsFixture {

  static final long MIB = 1L << 20;
  static final long GRANULE = Geometry.GRANULE_BYTES;

  /** Granules of a region of the least size. */
  static final int WHOLE = (int) (Geometry.MIN_REGION_BYTES / GRANULE);

  final CountingPosix kernel = new CountingPosix(Posix.host());
  final MisplacingPosix misplacing = new MisplacingPosix(kernel);
  final FaultyPosix posix = new FaultyPosix(misplacing);
  final List<String> heard = new ArrayList<>();

  /** The regions that the listener was told of and that are not gone, by their base. */
  final NavigableMap<Long, Long> present = new TreeMap<>();

  MappingCount share = new MappingCount(1_000);
  long now = 1_000;
  Regions regions;

  /** What the regions stand on. */
  PageSource pages() {
    return PageSource.anonymous(posix);
  }

  Regions make(final long capacityBytes, final IdlePolicy policy) {
    return make(capacityBytes, Geometry.MIN_REGION_BYTES, policy);
  }

  Regions make(final long capacityBytes, final long regionBytes, final IdlePolicy policy) {
    final Regions.Listener listener =
        new Regions.Listener() {
          @Override
          public void regionReserved(final long base, final long bytes) {
            heard.add("+" + bytes / MIB);
            present.put(base, bytes);
          }

          @Override
          public void regionDropped(final Region region) {
            heard.add("-" + region.bytes() / MIB);
            present.remove(region.base());
          }
        };
    regions =
        new Regions(
            posix,
            pages(),
            () -> now,
            new RegionSettings(capacityBytes, regionBytes, policy),
            listener,
            share);
    return regions;
  }

  @AfterEach
  final void nothingStaysMapped() {
    posix.disarm();
    if (regions != null) {
      assertThat(regions.close()).isNull();
      assertThat(regions.reservedBytes()).isZero();
      assertThat(regions.mappings()).isZero();
    }
    final Map<Long, Long> left = kernel.mappedRanges();
    kernel.unmapAll();
    assertThat(left).isEmpty();
  }

  Run take(final int granules) {
    return take(granules, 1);
  }

  Run take(final int granules, final int alignment) {
    final Run run = new Run();
    assertThat(tryTake(run, granules, alignment)).isNull();
    return run;
  }

  Refusal tryTake(final Run run, final long granules, final int alignment) {
    regions.lock().lock();
    try {
      return regions.take(run, granules, alignment);
    } finally {
      regions.lock().unlock();
    }
  }

  void give(final Run run) {
    regions.lock().lock();
    try {
      regions.give(run, now);
    } finally {
      regions.lock().unlock();
    }
  }

  /** Offsets in granules from the lowest region. */
  long offset(final Run run) {
    return (run.address() - present.firstKey()) / GRANULE;
  }

  /** What is used and idle must be mapped; what is not mapped by us must not be in the books. */
  void checkBooks(final List<Run> used) {
    long usedBytes = 0;
    final NavigableMap<Long, Long> mapped = kernel.mappedRanges();
    final NavigableMap<Long, Long> taken = new TreeMap<>();
    for (final Run run : used) {
      usedBytes += run.bytes();
      assertMapped(mapped, run.address(), run.bytes());
      final Map.Entry<Long, Long> below = taken.lowerEntry(run.address() + run.bytes());
      assertThat(below == null || below.getValue() <= run.address())
          .as("no granule is handed out twice")
          .isTrue();
      taken.put(run.address(), run.address() + run.bytes());
    }
    assertThat(regions.mappedBytes()).isEqualTo(usedBytes + regions.idleBytes());
    assertThat(kernel.mappedBytes()).isGreaterThanOrEqualTo(regions.mappedBytes());
    assertThat(present.values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(regions.reservedBytes());
  }

  private static void assertMapped(
      final NavigableMap<Long, Long> mapped, final long address, final long bytes) {
    long at = address;
    while (at < address + bytes) {
      final Map.Entry<Long, Long> range = mapped.floorEntry(at);
      assertThat(range).isNotNull();
      assertThat(range.getValue()).as("mapped at 0x%x", at).isGreaterThan(at);
      at = range.getValue();
    }
  }
}
