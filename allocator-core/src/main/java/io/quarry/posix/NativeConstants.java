package io.quarry.posix;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The numbers that one platform's headers give to the flags of this package. Immutable. */
final class NativeConstants {

  /** The base-2 logarithm of the size of a huge page stands in the upper six bits of the flags. */
  private static final int HUGE_2MB = 21 << 26;

  private static final int HUGE_1GB = 30 << 26;

  /** Linux on x86-64 and AArch64, which share the generic numbers. */
  static final NativeConstants LINUX =
      common("Linux", 30, 1 << 10)
          .with(MapFlag.ANONYMOUS, 0x20)
          .with(MapFlag.NORESERVE, 0x4000)
          .with(MapFlag.FIXED_NOREPLACE, 0x100000)
          .with(MapFlag.POPULATE, 0x8000)
          .with(MapFlag.HUGETLB, 0x40000)
          .with(MapFlag.LOCKED, 0x2000)
          .with(MapFlag.STACK, 0x20000)
          .with(MapFlag.SHARED_VALIDATE, 3)
          .with(MapFlag.SYNC, 0x80000)
          .with(MapFlag.HUGE_2MB, HUGE_2MB)
          .with(MapFlag.HUGE_1GB, HUGE_1GB)
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
          .with(Advice.REMOVE, 9)
          .with(Advice.DONTNEED_LOCKED, 24)
          .with(Advice.COLD, 20)
          .with(Advice.PAGEOUT, 21)
          .with(Advice.MERGEABLE, 12)
          .with(Advice.UNMERGEABLE, 13)
          .with(Advice.WIPEONFORK, 18)
          .with(Advice.KEEPONFORK, 19)
          .with(Advice.GUARD_INSTALL, 102)
          .with(Advice.GUARD_REMOVE, 103)
          .with(RemapFlag.MAYMOVE, 1)
          .with(RemapFlag.FIXED, 2)
          .with(RemapFlag.DONTUNMAP, 4)
          .with(OpenFlag.CREAT, 0x40)
          .with(OpenFlag.EXCL, 0x80)
          .with(OpenFlag.TRUNC, 0x200)
          .with(OpenFlag.APPEND, 0x400)
          .with(OpenFlag.NONBLOCK, 0x800)
          .with(OpenFlag.DSYNC, 0x1000)
          .with(OpenFlag.SYNC, 0x101000)
          .with(OpenFlag.CLOEXEC, 0x80000)
          .with(Whence.DATA, 3)
          .with(Whence.HOLE, 4)
          .with(FallocateFlag.KEEP_SIZE, 1)
          .with(FallocateFlag.PUNCH_HOLE, 2)
          .with(FallocateFlag.COLLAPSE_RANGE, 8)
          .with(FallocateFlag.ZERO_RANGE, 0x10)
          .with(FallocateFlag.INSERT_RANGE, 0x20)
          .with(MemfdFlag.CLOEXEC, 1)
          .with(MemfdFlag.ALLOW_SEALING, 2)
          .with(MemfdFlag.HUGETLB, 4)
          .with(MemfdFlag.HUGE_2MB, HUGE_2MB)
          .with(MemfdFlag.HUGE_1GB, HUGE_1GB)
          .with(MemfdFlag.NOEXEC_SEAL, 8)
          .with(MemfdFlag.EXEC, 0x10)
          .with(Seal.SEAL, 1)
          .with(Seal.SHRINK, 2)
          .with(Seal.GROW, 4)
          .with(Seal.WRITE, 8)
          .with(Seal.FUTURE_WRITE, 0x10)
          .with(Seal.EXEC, 0x20)
          .with(SyncFlag.SYNC, 4)
          .with(LockFlag.ONFAULT, 1)
          .with(LockAllFlag.ONFAULT, 4)
          .with(UsageScope.THREAD, 1);

  /** macOS on x86-64 and AArch64. */
  static final NativeConstants MACOS =
      common("macOS", 29, 1)
          .with(MapFlag.ANONYMOUS, 0x1000)
          .with(MapFlag.NORESERVE, 0x40)
          .with(Advice.FREE, 5)
          .with(OpenFlag.CREAT, 0x200)
          .with(OpenFlag.EXCL, 0x800)
          .with(OpenFlag.TRUNC, 0x400)
          .with(OpenFlag.APPEND, 8)
          .with(OpenFlag.NONBLOCK, 4)
          .with(OpenFlag.DSYNC, 0x400000)
          .with(OpenFlag.SYNC, 0x80)
          .with(OpenFlag.CLOEXEC, 0x1000000)
          .with(Whence.DATA, 4)
          .with(Whence.HOLE, 3)
          .with(SyncFlag.SYNC, 0x10);

  private final String platform;
  private final int sysconfPageSize;
  private final int maxResidentUnitBytes;
  private final Map<Enum<?>, Integer> values = new HashMap<>();

  private NativeConstants(String platform, int sysconfPageSize, int maxResidentUnitBytes) {
    this.platform = platform;
    this.sysconfPageSize = sysconfPageSize;
    this.maxResidentUnitBytes = maxResidentUnitBytes;
  }

  /** The number of {@code _SC_PAGESIZE}. */
  int sysconfPageSize() {
    return sysconfPageSize;
  }

  /** How many bytes one unit of {@code ru_maxrss} is. */
  int maxResidentUnitBytes() {
    return maxResidentUnitBytes;
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

  /** The constants of one kind whose bits are set. */
  <E extends Enum<E>> Set<E> setOf(Class<E> kind, int bits) {
    final Set<E> set = EnumSet.noneOf(kind);
    for (E constant : kind.getEnumConstants()) {
      if (has(constant) && (bits & value(constant)) != 0) {
        set.add(constant);
      }
    }
    return set;
  }

  private static NativeConstants common(
      String platform, int sysconfPageSize, int maxResidentUnitBytes) {
    return new NativeConstants(platform, sysconfPageSize, maxResidentUnitBytes)
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
        .with(Advice.DONTNEED, 4)
        .with(OpenFlag.RDONLY, 0)
        .with(OpenFlag.WRONLY, 1)
        .with(OpenFlag.RDWR, 2)
        .with(Whence.SET, 0)
        .with(Whence.CUR, 1)
        .with(Whence.END, 2)
        .with(SyncFlag.ASYNC, 1)
        .with(SyncFlag.INVALIDATE, 2)
        .with(LockAllFlag.CURRENT, 1)
        .with(LockAllFlag.FUTURE, 2)
        .with(UsageScope.SELF, 0)
        .with(UsageScope.CHILDREN, -1);
  }

  private NativeConstants with(Enum<?> constant, int value) {
    values.put(constant, value);
    return this;
  }
}
