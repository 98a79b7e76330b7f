package io.quarry.bench.soak;

import io.quarry.allocator.Allocator;
import io.quarry.allocator.OffHeapExhaustedException;
import io.quarry.allocator.SlabAllocator;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The way to an allocator: every call is counted and timed, what it returns is looked at, and a
 * refusal must have a reason that there is. Safe for use by several threads.
 */
final class Calls {

  private static final int MOST_ALIGNMENT_SHIFT = 13;
  private static final long MOST_CLEARED_BYTES = 1 << 16;
  private static final long QUANTUM = 16;

  private final SlabAllocator allocator;
  private final RefusingKernel kernel;
  private final Tally tally;

  Calls(SlabAllocator allocator, RefusingKernel kernel, Tally tally) {
    this.allocator = allocator;
    this.kernel = kernel;
    this.tally = tally;
  }

  /** The same for another allocator on the same kernel. */
  Calls to(SlabAllocator other) {
    return new Calls(other, kernel, tally);
  }

  SlabAllocator allocator() {
    return allocator;
  }

  Tally tally() {
    return tally;
  }

  /** Allocates in one of all ways; {@link Allocator#NULL} if it was refused. */
  long allocate(UniformRandomProvider random, long size) {
    final int way = random.nextInt(10);
    if (way == 0) {
      return aligned(1L << random.nextInt(MOST_ALIGNMENT_SHIFT), size);
    }
    if (way == 1 && size <= MOST_CLEARED_BYTES) {
      return cleared(size);
    }
    return way < 5 ? tried(size) : allocated(size);
  }

  private long allocated(long size) {
    final long refusals = kernel.refusals();
    final long start = System.nanoTime();
    try {
      return checked("malloc", allocator.malloc(size), size, QUANTUM);
    } catch (OffHeapExhaustedException refusal) {
      return refused(refusal, size, refusals);
    } finally {
      tally.called("malloc", start);
    }
  }

  private long tried(long size) {
    final long start = System.nanoTime();
    final long address = allocator.tryMalloc(size);
    tally.called("tryMalloc", start);
    if (address == Allocator.NULL) {
      tally.refusedByLimit.increment();
      return address;
    }
    return checked("tryMalloc", address, size, QUANTUM);
  }

  private long aligned(long alignment, long size) {
    final long refusals = kernel.refusals();
    final long start = System.nanoTime();
    try {
      final long address = allocator.alignedAlloc(alignment, size);
      return checked("alignedAlloc", address, size, Math.max(alignment, QUANTUM));
    } catch (OffHeapExhaustedException refusal) {
      return refused(refusal, size, refusals);
    } finally {
      tally.called("alignedAlloc", start);
    }
  }

  private long cleared(long size) {
    final long refusals = kernel.refusals();
    final long start = System.nanoTime();
    final long address;
    try {
      address = checked("calloc", allocator.calloc(1, size), size, QUANTUM);
    } catch (OffHeapExhaustedException refusal) {
      return refused(refusal, size, refusals);
    } finally {
      tally.called("calloc", start);
    }
    Contents.verifyZero(address, size);
    return address;
  }

  /** Resizes a block; {@link Allocator#NULL} if it was refused, and the block is as it was. */
  long resized(long address, long newSize) {
    final long refusals = kernel.refusals();
    final long start = System.nanoTime();
    try {
      return checked("realloc", allocator.realloc(address, newSize), newSize, QUANTUM);
    } catch (OffHeapExhaustedException refusal) {
      return refused(refusal, newSize, refusals);
    } finally {
      tally.called("realloc", start);
    }
  }

  void free(long address) {
    final long start = System.nanoTime();
    allocator.free(address);
    tally.called("free", start);
  }

  void freeSized(long address, long size) {
    final long start = System.nanoTime();
    allocator.free(address, size);
    tally.called("free", start);
  }

  private long checked(String call, long address, long size, long alignment) {
    if (address == Allocator.NULL || address % alignment != 0) {
      throw new Divergence(
          String.format(
              "%s of %d bytes, aligned to %d, gave 0x%x", call, size, alignment, address));
    }
    final long usable = allocator.usableSize(address);
    if (usable < size) {
      throw new Divergence(
          String.format("%s of %d bytes gave 0x%x with %d usable", call, size, address, usable));
    }
    return address;
  }

  private long refused(OffHeapExhaustedException refusal, long size, long kernelRefusalsBefore) {
    switch (refusal.reason()) {
      case LIMIT, PARENT_LIMIT -> tally.refusedByLimit.increment();
      case TOO_LARGE -> {
        if (size <= refusal.stats().capacityBytes()) {
          throw new Divergence(size + " bytes were called too large", refusal);
        }
        tally.refusedByLimit.increment();
      }
      case OS_REFUSED -> {
        // The cause may be what another thread was refused since, so it is no proof.
        if (kernel.refusals() == kernelRefusalsBefore) {
          throw new Divergence(size + " bytes were refused, and not by this program", refusal);
        }
        tally.refusedByKernel.increment();
      }
      case MAP_COUNT -> throw new Divergence("the mappings are used up", refusal);
    }
    return Allocator.NULL;
  }
}
