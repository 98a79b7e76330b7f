package io.quarry.bench.soak;

import static io.quarry.allocator.InvalidAddressException.Reason.DOUBLE_FREE;
import static io.quarry.allocator.InvalidAddressException.Reason.FOREIGN;
import static io.quarry.allocator.InvalidAddressException.Reason.INTERIOR;
import static io.quarry.allocator.InvalidAddressException.Reason.SIZE_MISMATCH;

import io.quarry.allocator.Allocator;
import io.quarry.allocator.InvalidAddressException;
import io.quarry.allocator.InvalidAddressException.Reason;
import io.quarry.allocator.SlabAllocator;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Frees what must not be freed; every time it has to be refused, for the right reason.
 *
 * <p>A second free is promised to be refused only while the block was not issued again. So it is
 * tried on an allocator of its own, from which nobody else is issued blocks, not even a compaction;
 * its granules may meanwhile be somebody else's, and the address foreign.
 */
final class Misuse implements Actor {

  private static final int MOST_BYTES = 100_000;
  private static final long NO_ADDRESS_BIT = 1L << 50;

  private final Supplier<SlabAllocator> opener;
  private final Part part;
  private SlabAllocator own;
  private Calls ownCalls;

  /**
   * Begins.
   *
   * @param opener makes an allocator that moves nothing
   * @param part of the shelf, from which addresses are taken
   */
  Misuse(Supplier<SlabAllocator> opener, Part part) {
    this.opener = opener;
    this.part = part;
    open();
  }

  private void open() {
    own = opener.get();
    ownCalls = part.calls().to(own);
  }

  /** A new one for the next round; not earlier, as the kernel must agree to unmap the old one. */
  @Override
  public void atRest() {
    own.close();
    open();
  }

  @Override
  public void end() {
    own.close();
  }

  @Override
  public void step() {
    final UniformRandomProvider random = part.random();
    final SlabAllocator main = part.calls().allocator();
    part.shelf()
        .borrow(
            part.any(),
            (address, size) -> {
              demand("an address within a block", INTERIOR, () -> main.free(address + 8));
              demand("somebody else's block", FOREIGN, () -> own.free(address));
              demand("no address at all", FOREIGN, () -> main.free(address | NO_ADDRESS_BIT));
              final long tooLarge = main.usableSize(address) * 2 + 1;
              demand("a wrong size", SIZE_MISMATCH, () -> main.free(address, tooLarge));
            });
    final long size = random.nextInt(MOST_BYTES);
    final long address = ownCalls.allocate(random, size);
    if (address != Allocator.NULL) {
      Contents.fill(address, size, address);
      demand("another allocator's block", FOREIGN, () -> main.free(address));
      Contents.verify(address, size, address);
      ownCalls.free(address);
      switch (random.nextInt(3)) {
        case 0 -> demandFreed("a second free", () -> own.free(address));
        case 1 -> demandFreed("a resize after the free", () -> own.realloc(address, size));
        default -> demandFreed("a question after the free", () -> own.usableSize(address));
      }
    }
  }

  private void demandFreed(String what, Runnable misuse) {
    demand(what, Set.of(DOUBLE_FREE, FOREIGN), misuse);
  }

  private void demand(String what, Reason reason, Runnable misuse) {
    demand(what, Set.of(reason), misuse);
  }

  private void demand(String what, Set<Reason> reasons, Runnable misuse) {
    try {
      misuse.run();
    } catch (InvalidAddressException refusal) {
      if (!reasons.contains(refusal.reason())) {
        throw new Divergence("misuse, " + what + ", was refused as " + refusal.reason(), refusal);
      }
      part.calls().tally().refusedMisuse.increment();
      return;
    }
    throw new Divergence("misuse was not refused: " + what);
  }
}
