package io.quarry.allocator;

import io.quarry.allocator.InvalidAddressException.Reason;
import io.quarry.heap.Freed;
import io.quarry.heap.Heaps;
import io.quarry.region.Geometry;
import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import io.quarry.slab.SlabDirectory;

/**
 * What lies at an address that a program gives, and what to tell it if that is not a live block.
 */
final class Addresses {
  private final Heaps heaps;

  Addresses(final Heaps heaps) {
    this.heaps = heaps;
  }

  /** The slab of the live block that starts at an address. */
  Slab liveBlockAt(final long address, final String call) {
    final Slab slab = ownSlabAt(address, call);
    if (!slab.isBlockStart(address)) {
      throw invalid(Freed.INTERIOR, address, call);
    }
    checkLive(slab, address, call);
    return slab;
  }

  /** The slab of the live block that a range lies in. */
  Slab blockAround(final long address, final int length, final String call) {
    final Slab slab = ownSlabAt(address, call);
    final int index = slab.indexOf(address);
    if (index >= slab.blockCount()) {
      throw invalid(Freed.INTERIOR, address, call);
    }
    checkLive(slab, address, call);
    final long left = slab.addressOf(index) + slab.blockBytes() - address;
    if (length > left) {
      throw new InvalidAddressException(
          Reason.SIZE_MISMATCH,
          address,
          String.format(
              "%s(0x%x, %d): the block ends %d bytes after that address",
              call, address, length, left));
    }
    return slab;
  }

  /** Checks that a request for so many bytes could have given the live block at an address. */
  void checkSize(final long address, final long size) {
    final Slab slab = liveBlockAt(address, "free");
    if (!couldBeOfSize(slab, address, size)) {
      throw new InvalidAddressException(
          Reason.SIZE_MISMATCH,
          address,
          String.format(
              "free(0x%x, %d): the block holds %d bytes, and no request for %d bytes gives such a"
                  + " block; pass the size that was asked for",
              address, size, slab.blockBytes(), size));
    }
  }

  /** Whether {@code malloc} or {@code alignedAlloc} of a size could have given this block. */
  private static boolean couldBeOfSize(final Slab slab, final long address, final long size) {
    if (size > slab.blockBytes()) {
      return false;
    }
    if (slab.sizeClass() == Slab.LARGE) {
      return Math.max(1, Geometry.granulesFor(size)) == slab.run().granules();
    }
    for (long alignment = 1;
        alignment <= Geometry.GRANULE_BYTES && (address & alignment - 1) == 0;
        alignment <<= 1) {
      if (SizeClasses.ofAligned((int) size, (int) alignment) == slab.sizeClass()) {
        return true;
      }
    }
    return false;
  }

  private Slab ownSlabAt(final long address, final String call) {
    final Slab slab = SlabDirectory.slabAt(address);
    if (!heaps.isOurs(slab)) {
      throw invalid(Freed.FOREIGN, address, call);
    }
    return slab;
  }

  private void checkLive(final Slab slab, final long address, final String call) {
    if (slab.isRetired() || slab.isFree(slab.indexOf(address))) {
      throw invalid(Freed.DOUBLE_FREE, address, call);
    }
  }

  /** The exception for an address that a call has refused. */
  RuntimeException invalid(final Freed verdict, final long address, final String call) {
    if (heaps.isClosed()) {
      return SlabAllocator.closedException(); // while the call was under way: that is the reason
    }
    final Slab slab = SlabDirectory.slabAt(address);
    return switch (verdict) {
      case INTERIOR ->
          new InvalidAddressException(
              Reason.INTERIOR,
              address,
              String.format(
                  "%s(0x%x): lies inside of, not at the start of, a block: offset %d in a %s;"
                      + " pass the address that malloc returned",
                  call, address, address - slab.base(), slab));
      case DOUBLE_FREE ->
          new InvalidAddressException(
              Reason.DOUBLE_FREE,
              address,
              String.format(
                  "%s(0x%x): the block is free: index %d in a %s; look for a second free, or a use"
                      + " after the free",
                  call, address, slab.indexOf(address), slab));
      default ->
          new InvalidAddressException(
              Reason.FOREIGN,
              address,
              String.format(
                  "%s(0x%x): no slab of this allocator is there; %s",
                  call, address, whoseIsIt(Heaps.of(slab))));
    };
  }

  private String whoseIsIt(final Heaps owner) {
    if (owner == null || owner == heaps) {
      return "was the address allocated by another allocator, or its memory returned long ago?";
    }
    if (owner.isWithin(heaps)) {
      return owner.isClosed()
          ? "the block was one of an arena of it that is closed"
          : "the block is one of an arena of it: pass it to the arena that allocated it";
    }
    if (heaps.isWithin(owner)) {
      return "the block is one of the allocator that this arena is part of: pass it to that one";
    }
    if (heaps.isRelatedTo(owner)) {
      return owner.isClosed()
          ? "the block was one of another arena of the same allocator, which is closed"
          : "the block is one of another arena of the same allocator: pass it to that one";
    }
    return "the block is one of another allocator: pass it to that one";
  }
}
