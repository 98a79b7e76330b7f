package io.quarry.allocator;

import io.quarry.checks.WatchPolicy;
import io.quarry.heap.Heaps;
import io.quarry.posix.Posix;
import io.quarry.region.Geometry;
import io.quarry.region.IdlePolicy;
import io.quarry.region.RegionSettings;
import io.quarry.region.Regions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * What a {@link SlabAllocator.Builder} was told, checked, and what follows from it. The builder
 * says what each of them means.
 */
final class AllocatorSettings {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());
  private static final String INTERVAL_PROPERTY = "quarry.sampleInterval";
  private static final long DEFAULT_IDLE_NANOS = Duration.ofSeconds(1).toNanos();

  private long capacityBytes = -1;
  private long regionBytes = -1;
  private long idleNanos = DEFAULT_IDLE_NANOS;
  private int partialReturnCalls = Heaps.DEFAULT_PARTIAL_RETURN_CALLS;
  private ReturnMode returnMode = ReturnMode.UNMAP;
  private MisuseListener misuseListener =
      description -> LOG.log(Level.ERROR, "misuse: {0}", description);
  private Backing backing = Backing.privateMemory();
  private Relocator relocator;
  private double targetUtilisation = 0.95;
  private final Map<PressureListener, Double> pressureListeners = new LinkedHashMap<>();
  private long softLimitBytes = -1;
  private CloseListener closeListener;

  /** Null for what the system property says when the allocator is made. */
  private Checks checks;

  private long sampleIntervalBytes = -1;
  private Posix posix;
  private LongSupplier nanoClock = System::nanoTime;
  private boolean maintained = true;

  // --- what was told -----------------------------------------------------------------------------

  void capacity(final long bytes) {
    if (bytes < Geometry.GRANULE_BYTES) {
      throw new IllegalArgumentException(
          "capacity " + bytes + ": expected at least 65536 bytes, which is the smallest slab");
    }
    capacityBytes = bytes & -Geometry.GRANULE_BYTES;
  }

  void idleTime(final Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("idle time " + time + ": expected zero or more");
    }
    idleNanos = nanosOf(time);
  }

  void regionSize(final long bytes) {
    if (Long.bitCount(bytes) != 1
        || bytes < Geometry.MIN_REGION_BYTES
        || bytes > Geometry.MAX_REGION_BYTES) {
      throw new IllegalArgumentException(
          "region size " + bytes + ": expected a power of two from 2097152 to 1073741824");
    }
    regionBytes = bytes;
  }

  void partialReturnCalls(final int perSecond) {
    if (perSecond < 0 || perSecond > 1_000_000) {
      throw new IllegalArgumentException(
          "partial return calls " + perSecond + ": expected 0 to 1000000 a second");
    }
    partialReturnCalls = perSecond;
  }

  void returnMode(final ReturnMode mode) {
    returnMode = Objects.requireNonNull(mode, "mode");
  }

  void backing(final Backing kind) {
    backing = Objects.requireNonNull(kind, "backing");
  }

  void misuseListener(final MisuseListener listener) {
    misuseListener = Objects.requireNonNull(listener, "listener");
  }

  void relocator(final Relocator mover) {
    relocator = Objects.requireNonNull(mover, "relocator");
  }

  void targetUtilisation(final double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "target utilisation " + share + ": expected a share between 0 and 1, such as 0.95");
    }
    targetUtilisation = share;
  }

  void pressureListener(final double share, final PressureListener listener) {
    Pressure.checkShare(share);
    pressureListeners.put(Objects.requireNonNull(listener, "listener"), share);
  }

  void softLimit(final long bytes) {
    if (bytes < Geometry.GRANULE_BYTES) {
      throw new IllegalArgumentException(
          "soft limit " + bytes + ": expected at least 65536 bytes, which is the smallest slab");
    }
    softLimitBytes = bytes & -Geometry.GRANULE_BYTES;
  }

  void closeListener(final CloseListener listener) {
    closeListener = Objects.requireNonNull(listener, "listener");
  }

  void checks(final Checks mode) {
    checks = Objects.requireNonNull(mode, "checks");
  }

  void sampleInterval(final long bytes) {
    sampleIntervalBytes = checkedInterval("sample interval ", bytes);
  }

  private static long checkedInterval(final String name, final long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          name + bytes + ": expected 1 byte or more, such as 8388608");
    }
    return bytes;
  }

  void posix(final Posix kernel) {
    posix = kernel;
  }

  void clock(final LongSupplier clock) {
    nanoClock = clock;
    maintained = false;
  }

  // --- what follows ------------------------------------------------------------------------------

  /** How regions are to be made; derives, and logs, the capacity if none was set. */
  RegionSettings regionSettings() {
    final long capacity = capacityOrDefault();
    return new RegionSettings(capacity, regionSizeFor(capacity), policy());
  }

  private long capacityOrDefault() {
    if (capacityBytes >= 0) {
      return capacityBytes;
    }
    final DefaultCapacity derived = DefaultCapacity.derive();
    LOG.log(Level.INFO, "capacity {0}", derived.derivation());
    return derived.bytes();
  }

  private long regionSizeFor(final long capacity) {
    if (regionBytes >= 0) {
      return regionBytes;
    }
    final long used = Math.min(Geometry.DEFAULT_REGION_BYTES, capacity);
    return Math.max(Geometry.MIN_REGION_BYTES, Long.highestOneBit(2 * used - 1));
  }

  private IdlePolicy policy() {
    return switch (returnMode) {
      case UNMAP -> IdlePolicy.UNMAP;
      case DISCARD -> IdlePolicy.DISCARD;
      case NEVER -> IdlePolicy.KEEP;
    };
  }

  /** Null if there is none. */
  SoftLimit softLimitOf(
      final Heaps heaps,
      final Regions regions,
      final long capacity,
      final BackgroundCompaction compaction) {
    if (softLimitBytes < 0) {
      return null;
    }
    if (softLimitBytes >= capacity) {
      throw new IllegalArgumentException(
          "soft limit " + softLimitBytes + ": expected less than the capacity, " + capacity);
    }
    return new SoftLimit(heaps, regions, softLimitBytes, capacity, nanoClock, compaction);
  }

  void addPressureListenersTo(final Pressure pressure) {
    pressureListeners.forEach((listener, share) -> pressure.add(share, listener));
  }

  /** As they are now, whatever the builder is told later. */
  ArenaSettings forArenas() {
    return new ArenaSettings(
        idleNanos,
        nanoClock,
        maintained,
        relocator,
        targetUtilisation,
        misuseListener,
        closeListener);
  }

  /** Which blocks are to be watched; null if none. */
  WatchPolicy watchPolicy() {
    return switch (checks == null ? Checks.byProperty() : checks) {
      case STANDARD -> null;
      case SAMPLED -> WatchPolicy.sampled(sampleIntervalBytes());
      case FULL -> WatchPolicy.all();
    };
  }

  private long sampleIntervalBytes() {
    if (sampleIntervalBytes >= 0) {
      return sampleIntervalBytes;
    }
    final String text = System.getProperty(INTERVAL_PROPERTY);
    try {
      return text == null
          ? WatchPolicy.DEFAULT_INTERVAL_BYTES
          : checkedInterval("-D" + INTERVAL_PROPERTY + "=", Long.parseLong(text));
    } catch (final NumberFormatException noNumber) {
      throw new IllegalArgumentException(
          "-D" + INTERVAL_PROPERTY + "=" + text + ": expected a number of bytes", noNumber);
    }
  }

  int partialReturnCalls() {
    return partialReturnCalls;
  }

  Backing backing() {
    return backing;
  }

  Posix posix() {
    return posix == null ? Posix.host() : posix;
  }

  LongSupplier nanoClock() {
    return nanoClock;
  }

  /** Beyond a century it is for ever, and the arithmetic stays clear of overflow. */
  static long nanosOf(final Duration time) {
    final Duration most = Duration.ofDays(36_500);
    return (time.compareTo(most) > 0 ? most : time).toNanos();
  }
}
