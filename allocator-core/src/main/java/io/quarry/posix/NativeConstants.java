package io.quarry.posix;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The numbers that one platform's headers give to the flags of this package. Immutable. */
final class NativeConstants {

  /** Linux on x86-64 and AArch64, which share the generic numbers. */
  static final NativeConstants LINUX =
      common("Linux", 30)
          .with(MapFlag.ANONYMOUS, 0x20)
          .with(MapFlag.NORESERVE, 0x4000)
          .with(MapFlag.FIXED_NOREPLACE, 0x100000)
          .with(MapFlag.POPULATE, 0x8000)
          .with(MapFlag.HUGETLB, 0x40000)
          .with(MapFlag.LOCKED, 0x2000)
          .with(MapFlag.STACK, 0x20000)
          .with(Advice.FREE, 8)
          .with(Advice.HUGEPAGE, 14)
          .with(Advice.NOHUGEPAGE, 15)
          .with(Advice.DONTDUMP, 16)
          .with(Advice.DODUMP, 17)
          .with(Advice.DONTFORK, 10)
          .with(Advice.DOFORK, 11)
          .with(Advice.POPULATE_READ, 22)
          .with(Advice.POPULATE_WRITE, 23)
          .with(Advice.COLLAPSE, 25)
          .with(RemapFlag.MAYMOVE, 1)
          .with(RemapFlag.FIXED, 2);

  /** macOS on x86-64 and AArch64. */
  static final NativeConstants MACOS =
      common("macOS", 29)
          .with(MapFlag.ANONYMOUS, 0x1000)
          .with(MapFlag.NORESERVE, 0x40)
          .with(Advice.FREE, 5);

  private final String platform;
  private final int sysconfPageSize;
  private final Map<Enum<?>, Integer> values = new HashMap<>();

  private NativeConstants(String platform, int sysconfPageSize) {
    this.platform = platform;
    this.sysconfPageSize = sysconfPageSize;
  }

  /** The number of {@code _SC_PAGESIZE}. */
  int sysconfPageSize() {
    return sysconfPageSize;
  }

  /** Whether the platform has this constant. */
  boolean has(Enum<?> constant) {
    return values.containsKey(constant);
  }

  /**
   * The number of one constant.
   *
   * @throws UnsupportedOperationException if the platform does not have it
   */
  int value(Enum<?> constant) {
    final Integer value = values.get(constant);
    if (value == null) {
      throw new UnsupportedOperationException(
          platform
              + " has no "
              + constant.getClass().getSimpleName()
              + '.'
              + constant
              + ": leave it out there");
    }
    return value;
  }

  /** The numbers of several constants, joined by OR. */
  int bits(Set<? extends Enum<?>> constants) {
    int bits = 0;
    for (Enum<?> constant : constants) {
      bits |= value(constant);
    }
    return bits;
  }

  private static NativeConstants common(String platform, int sysconfPageSize) {
    return new NativeConstants(platform, sysconfPageSize)
        .with(Protection.READ, 1)
        .with(Protection.WRITE, 2)
        .with(Protection.EXECUTE, 4)
        .with(MapFlag.SHARED, 1)
        .with(MapFlag.PRIVATE, 2)
        .with(MapFlag.FIXED, 0x10)
        .with(Advice.NORMAL, 0)
        .with(Advice.RANDOM, 1)
        .with(Advice.SEQUENTIAL, 2)
        .with(Advice.WILLNEED, 3)
        .with(Advice.DONTNEED, 4);
  }

  private NativeConstants with(Enum<?> constant, int value) {
    values.put(constant, value);
    return this;
  }
}
