package io.quarry.allocator;

import static io.quarry.allocator.InvalidAddressException.Reason.DOUBLE_FREE;
import static io.quarry.allocator.InvalidAddressException.Reason.FOREIGN;
import static io.quarry.allocator.InvalidAddressException.Reason.INTERIOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarry.allocator.HeldBlocks.Held;
import io.quarry.allocator.OffHeapExhaustedException.Reason;
import io.quarry.posix.CountingPosix;
import io.quarry.posix.Errno;
import io.quarry.posix.FaultyPosix;
import io.quarry.posix.FileData;
import io.quarry.posix.MisplacingPosix;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/**
 * A random but repeatable history of an allocator on a kernel that can be told to refuse. Every
 * block is known here with its size and stamp, and after every step what must always hold is looked
 * at.
 */
final class FaultHistory {

  private static final long MIB = 1L << 20;
  private static final long CAPACITY = 96 * MIB;
  private static final long ARENA_LIMIT = 64 * MIB;
  private static final long IDLE_NANOS = 1_000;

  /** More than the longest pause between two looks at the pages of slabs in use. */
  private static final long REST_NANOS = 1_100_000_000;

  /** The calls that can be the reason for which a request is refused. */
  private static final String[] PRIVATE_CALLS = {"mmap("};

  private static final String[] SHARED_CALLS = {"mmap(", "munmap(", "ftruncate(", "fallocate("};

  /** What a shared file takes for its own use: its header, and a leaf in pieces. */
  private static final long SHARED_TABLE_BYTES = 256 << 10;

  final CountingPosix kernel = new CountingPosix(Posix.host());
  final MisplacingPosix misplacing = new MisplacingPosix(kernel);
  final FaultyPosix faulty = new FaultyPosix(misplacing);

  private final Random random;
  private final boolean shared;
  private final SlabAllocator allocator;

  /** The allocator itself, an arena, and an arena within that; the arenas come and go. */
  private final SlabAllocator[] owners = new SlabAllocator[3];

  private final HeldBlocks blocks;
  private long now = 1;

  /** Whether a refusal by the kernel is to be expected at this moment. */
  private boolean armed;

  /** Whether the kernel refuses one call only: whatever that made fail can be repeated at once. */
  private boolean once;

  /** How many requests were repeated and granted. */
  int repetitions;

  /** How many blocks were moved by compaction. */
  int moves;

  /** How many requests the kernel's refusals have reached. */
  int refusals;

  FaultHistory(final long seed, final Backing backing) {
    this(new Random(seed), backing);
  }

  /** A history that takes every decision from a source. */
  FaultHistory(final Random random, final Backing backing) {
    this.random = random;
    blocks = new HeldBlocks(random);
    shared = backing != Backing.privateMemory();
    allocator =
        SlabAllocator.builder()
            .capacity(CAPACITY)
            .regionSize((2 * MIB) << random.nextInt(3))
            .idleTime(Duration.ofNanos(IDLE_NANOS))
            .returnMode(random.nextInt(8) == 0 ? ReturnMode.DISCARD : ReturnMode.UNMAP)
            .backing(backing)
            .posix(faulty)
            .clock(() -> now)
            .build();
    faulty.clearDestinations();
    owners[0] = allocator;
    openArenas();
  }

  private void openArenas() {
    owners[1] = allocator.newArena(ARENA_LIMIT);
    owners[2] = owners[1].newArena(ARENA_LIMIT * 3 / 4);
  }

  /** With all that is live in them. */
  private void closeArenas() {
    blocks.forget(block -> block.owner() != allocator);
    owners[1].close();
    openArenas();
  }

  /** Lets calls fail until it is healed. */
  void arm(final FaultyPosix.Fate fate) {
    armed = true;
    faulty.arm(fate);
  }

  /** Lets one call fail, the first for which a fate is found. */
  void armOnce(final FaultyPosix.Fate fate) {
    armed = true;
    once = true;
    faulty.arm(
        call -> {
          final Errno error = fate.of(call);
          if (error != null) {
            faulty.disarm();
          }
          return error;
        });
  }

  void heal() {
    faulty.disarm();
    armed = false;
    once = false;
  }

  void steps(final int count) {
    for (int i = 0; i < count; i++) {
      step();
      if (i % 8 == 0) {
        check();
      }
    }
    check();
  }

  /** Does one thing. */
  void step() {
    now += random.nextInt(400);
    if (random.nextInt(12) == 0) {
      misplacing.misplace(2);
    }
    if (random.nextInt(40) == 0) {
      misplacing.takeForHints(1);
    }
    final int kind = random.nextInt(112);
    if (kind >= 108) {
      growLarge();
    } else if (kind >= 105) {
      compact(owners[random.nextInt(owners.length)]);
    } else if (kind >= 102) {
      rest();
    } else if (kind >= 100) {
      assertThat(allocator.residentBytes()).isNotNegative();
    } else if (kind < 40) {
      allocate();
    } else if (kind < 70) {
      freeOne();
    } else if (kind < 82) {
      reallocateOne();
    } else if (kind < 92) {
      for (final SlabAllocator owner : owners) {
        owner.housekeep();
      }
    } else if (kind < 94) {
      owners[random.nextInt(owners.length)].trim();
    } else if (kind < 95) {
      closeArenas();
    } else {
      freeMany();
    }
  }

  private long someSize() {
    return switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> random.nextInt(4_096);
      case 4, 5 -> random.nextInt(1 << 17);
      case 6, 7 -> random.nextInt(1 << 20);
      case 8 -> MIB + random.nextInt(4 << 20);
      default -> MIB + random.nextInt(20 << 20);
    };
  }

  /** So long that the maintenance looks at the pages of slabs in use, twice. */
  private void rest() {
    for (int i = 0; i < 3; i++) {
      now += REST_NANOS;
      allocator.housekeep();
    }
  }

  private void allocate() {
    final long size = someSize();
    final int kind = random.nextInt(4);
    final long alignment = 1L << random.nextInt(22);
    final SlabAllocator owner = owners[random.nextInt(owners.length)];
    long address = allocated(owner, kind, size, alignment, false);
    if (address == 0 && once) {
      address = allocated(owner, kind, size, alignment, true);
    }
    if (address != 0) {
      if (kind == 0) {
        SparseStamp.requireZero(address, size);
      }
      blocks.add(owner, address, size);
    }
  }

  /** Returns 0 if it was refused, for a reason that there is. */
  private long allocated(
      final SlabAllocator owner,
      final int kind,
      final long size,
      final long alignment,
      final boolean repeated) {
    try {
      final long address =
          switch (kind) {
            case 0 -> owner.calloc(1, size);
            case 1 -> owner.alignedAlloc(alignment, size);
            case 2 -> owner.tryMalloc(size);
            default -> owner.malloc(size);
          };
      assertThat(address != 0 || kind == 2).isTrue();
      repetitions += repeated && address != 0 ? 1 : 0;
      return address;
    } catch (final OffHeapExhaustedException exhausted) {
      checkRefusal(owner, exhausted, repeated);
      return 0;
    }
  }

  private void checkRefusal(
      final SlabAllocator owner,
      final OffHeapExhaustedException exhausted,
      final boolean repeated) {
    if (exhausted.reason() == Reason.OS_REFUSED) {
      assertThat(armed && !repeated).as("nobody refuses").isTrue();
      assertThat(exhausted).hasCauseInstanceOf(PosixException.class);
      assertThat(exhausted.getMessage())
          .contains("the operating system refused")
          .containsAnyOf(shared ? SHARED_CALLS : PRIVATE_CALLS);
      refusals++;
    } else if (owner == allocator) {
      assertThat(exhausted.reason()).isEqualTo(Reason.LIMIT);
    } else {
      assertThat(exhausted.reason()).isIn(Reason.LIMIT, Reason.PARENT_LIMIT);
    }
    assertThat(exhausted.stats().capacityBytes()).isEqualTo(owner.stats().capacityBytes());
  }

  private void compact(final SlabAllocator owner) {
    owner.compact(
        (from, to, usableBytes) -> {
          if (random.nextInt(8) == 0) {
            return false;
          }
          blocks.moved(from, to, usableBytes);
          moves++;
          return true;
        });
  }

  /** Frees what must not be freed, if there is any block; nothing may come of it. */
  void misuse() {
    if (!blocks.isEmpty()) {
      final Held block = blocks.any();
      final long usable = block.owner().usableSize(block.address());
      switch (random.nextInt(5)) {
        case 0 -> requireRefused(block.owner(), block.address() + 1 + random.nextInt(15), INTERIOR);
        case 1 -> requireRefused(block.owner(), block.address() + usable / 32 * 16 + 8, INTERIOR);
        case 2 -> requireRefused(block.owner(), 1L << 50 | block.address(), FOREIGN);
        case 3 -> {
          final SlabAllocator other = owners[random.nextInt(owners.length)];
          if (other != block.owner()) {
            requireRefused(other, block.address(), FOREIGN);
          }
        }
        default -> freeTwice(block);
      }
    }
  }

  private void freeTwice(final Held block) {
    blocks.remove(block);
    block.owner().free(block.address());
    if (!wasUnmapped(block)) {
      requireRefused(block.owner(), block.address(), DOUBLE_FREE);
    }
  }

  /** A block that is a region by itself is nobody's any more as soon as the region is gone. */
  private boolean wasUnmapped(final Held block) {
    return block.size() > MIB;
  }

  private static void requireRefused(
      final SlabAllocator owner, final long address, final InvalidAddressException.Reason reason) {
    assertThatThrownBy(() -> owner.free(address))
        .as("%s of 0x%x", reason, address)
        .isInstanceOfSatisfying(
            InvalidAddressException.class,
            refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  private void freeOne() {
    if (!blocks.isEmpty()) {
      final Held block = blocks.removeAny();
      if (random.nextBoolean()) {
        block.owner().free(block.address());
      } else {
        block.owner().free(block.address(), block.size());
      }
    }
  }

  /** Lets many blocks go at once, so that slabs and regions fall empty. */
  private void freeMany() {
    for (int i = blocks.size() * 3 / 4; i > 0; i--) {
      final Held block = blocks.removeAny();
      block.owner().free(block.address());
    }
  }

  private void reallocateOne() {
    if (blocks.isEmpty()) {
      return;
    }
    final Held block = blocks.removeAny();
    reallocate(block, random.nextBoolean() ? block.size() * 2 + 1 : someSize());
  }

  /** Of large blocks the pages are moved where there is no room behind them. */
  private void growLarge() {
    for (int i = 0; i < blocks.size(); i++) {
      if (blocks.get(i).size() > MIB) {
        final Held block = blocks.remove(blocks.get(i));
        reallocate(block, block.size() + random.nextInt(4 << 20));
        return;
      }
    }
  }

  private void reallocate(final Held block, final long wanted) {
    final long newSize = Math.min(wanted, 40 * MIB);
    if (!reallocated(block, newSize, false) && (!once || !reallocated(block, newSize, true))) {
      blocks.putBack(block);
    }
  }

  private boolean reallocated(final Held block, final long newSize, final boolean repeated) {
    try {
      final long address = block.owner().realloc(block.address(), newSize);
      block.at(address).verify(Math.min(block.size(), newSize));
      blocks.add(block.owner(), address, newSize);
      repetitions += repeated ? 1 : 0;
      return true;
    } catch (final OffHeapExhaustedException exhausted) {
      checkRefusal(block.owner(), exhausted, repeated);
      return false;
    }
  }

  // --- what must always hold ---------------------------------------------------------------------

  /** Looks at the books and at every block. */
  void check() {
    final AllocatorStats stats = allocator.stats();
    assertThat(stats.mappedBytes())
        .isEqualTo(
            stats.liveBytes() + stats.freeBlockBytes() + stats.tailBytes() + stats.idleBytes());
    assertThat(stats.liveBlocks()).isEqualTo(blocks.size());
    assertThat(stats.mallocCount() - stats.freeCount()).isEqualTo(blocks.size());
    assertThat(stats.liveBytes()).isEqualTo(blocks.usableBytes());
    assertThat(stats.mappedBytes()).isLessThanOrEqualTo(CAPACITY);
    assertThat(kernel.mappedBytes()).isGreaterThanOrEqualTo(stats.mappedBytes());
    assertThat(stats.reservedBytes()).isGreaterThanOrEqualTo(stats.mappedBytes());
    assertThat(stats.misuseCount()).isZero();
    for (final SlabAllocator owner : owners) {
      final AllocatorStats own = owner.stats(); // which checks that it adds up
      assertThat(own.mappedBytes()).isLessThanOrEqualTo(own.capacityBytes());
      assertThat(own.liveBlocks()).isEqualTo(blocks.count(block -> isWithin(block.owner(), owner)));
    }
    for (final Held block : blocks.all()) {
      block.verify();
      if (shared) {
        final long offset = block.owner().offsetOf(block.address());
        assertThat(block.owner().addressOf(offset)).isEqualTo(block.address());
      }
    }
  }

  private boolean isWithin(final SlabAllocator asked, final SlabAllocator owner) {
    return Arrays.asList(owners).indexOf(asked) >= Arrays.asList(owners).indexOf(owner);
  }

  /** What can be resident must be in the books: nothing else was ever written. */
  long residentBytes() {
    long pages = 0;
    for (final Map.Entry<Long, Long> range : kernel.mappedRanges().entrySet()) {
      pages += kernel.mincore(range.getKey(), range.getValue() - range.getKey()).cardinality();
    }
    return pages * kernel.pageSize();
  }

  void checkResident() {
    // Of a file, the kernel may have read more than was asked for; that can go at any time.
    final long bytes =
        shared ? FileData.bytes(allocator.backingPath()) - SHARED_TABLE_BYTES : residentBytes();
    assertThat(bytes).isLessThanOrEqualTo(allocator.stats().mappedBytes());
  }

  /** The last request again, and all others, now that the kernel agrees. */
  void everythingWorksAgain() {
    heal();
    freeMany();
    for (final long size : new long[] {1, 5_000, 300_000, 3 * MIB}) {
      final long address = allocator.malloc(size);
      blocks.add(allocator, address, size);
    }
    check();
    checkResident();
  }

  /** Closes the allocator, at first on a kernel that may refuse. */
  void close() {
    allocator.close();
    heal();
    allocator.close();
    final Map<Long, Long> left = kernel.mappedRanges();
    kernel.unmapAll();
    assertThat(left).isEmpty();
  }
}
