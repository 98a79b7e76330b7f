package io.quarry.allocator;

import io.quarry.allocator.InvalidAddressException.Reason;
import io.quarry.checks.WatchedBlock;
import io.quarry.checks.WatchedBlocks;
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

  /** Null if no block is watched. */
  private final WatchedBlocks watched;

  Addresses(final Heaps heaps, final WatchedBlocks watched) {
    this.heaps = heaps;
    this.watched = watched;
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
    final long start = slab.addressOf(index);
    final long left = start + usableBytes(slab, start) - address;
    if (length > left) {
      throw refused(
          Reason.SIZE_MISMATCH,
          slab,
          address,
          left < 0
              ? String.format(
                  "%s(0x%x, %d): the block ends %d bytes before that address",
                  call, address, length, -left)
              : String.format(
                  "%s(0x%x, %d): the block ends %d bytes after that address",
                  call, address, length, left));
    }
    return slab;
  }

  /** Checks that a request for so many bytes could have given the live block at an address. */
  void checkSize(final long address, final long size) {
    final Slab slab = liveBlockAt(address, "free");
    if (!couldBeOfSize(slab, address, size)) {
      throw refused(
          Reason.SIZE_MISMATCH,
          slab,
          address,
          String.format(
              "free(0x%x, %d): the block holds %d bytes, and no request for %d bytes gives such a"
                  + " block; pass the size that was asked for",
              address, size, usableBytes(slab, address), size));
    }
  }

  /** Whether {@code malloc} or {@code alignedAlloc} of a size could have given this block. */
  private boolean couldBeOfSize(final Slab slab, final long address, final long size) {
    final WatchedBlock block = watchedAt(slab, address);
    if (block != null) {
      return size == block.size();
    }
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

  /** The bytes that may be used of the block that starts at an address of a slab. */
  long usableBytes(final Slab slab, final long address) {
    final WatchedBlock block = watchedAt(slab, address);
    return block == null ? slab.blockBytes() : block.size();
  }

  /** What is known of the watched block that starts at an address of a slab; null if nothing. */
  WatchedBlock watchedAt(final Slab slab, final long address) {
    return watched != null && Heaps.isWatched(slab) ? watched.blockAt(slab, address) : null;
  }

  private Slab ownSlabAt(final long address, final String call) {
    final Slab slab = SlabDirectory.slabAt(address);
    if (!heaps.isOurs(slab)) {
      throw invalid(Freed.FOREIGN, address, call);
    }
    return slab;
  }

  private void checkLive(final Slab slab, final long address, final String call) {
    if (!isLive(slab, slab.indexOf(address))) {
      throw invalid(Freed.DOUBLE_FREE, address, call);
    }
  }

  /** A watched block that was freed may be held back, and in use for its slab. */
  private boolean isLive(final Slab slab, final int index) {
    if (slab.isRetired() || slab.isFree(index)) {
      return false;
    }
    if (watched == null || !Heaps.isWatched(slab)) {
      return true;
    }
    final WatchedBlock block = watched.blockAt(slab, slab.addressOf(index));
    return block != null && block.isLive();
  }

  /** The exception for an address that a call has refused. */
  RuntimeException invalid(final Freed verdict, final long address, final String call) {
    if (heaps.isClosed()) {
      return SlabAllocator.closedException(); // while the call was under way: that is the reason
    }
    final Slab slab = SlabDirectory.slabAt(address);
    return switch (verdict) {
      case INTERIOR ->
          refused(
              Reason.INTERIOR,
              slab,
              address,
              String.format(
                  "%s(0x%x): lies inside of, not at the start of, a block; pass the address that"
                      + " malloc returned",
                  call, address));
      case DOUBLE_FREE ->
          refused(
              Reason.DOUBLE_FREE,
              slab,
              address,
              String.format(
                  "%s(0x%x): the block is free; look for a second free, or a use after the free",
                  call, address));
      default ->
          refused(
              Reason.FOREIGN,
              slab,
              address,
              String.format(
                  "%s(0x%x): no slab of this allocator is there; %s",
                  call, address, whoseIsIt(Heaps.of(slab))));
    };
  }

  /** With what lies at the address, as far as that is known, and who had to do with it. */
  private InvalidAddressException refused(
      final Reason reason, final Slab slab, final long address, final String what) {
    if (slab == Slab.NOBODY) {
      return new InvalidAddressException(reason, address, what);
    }
    final int index = slab.indexOf(address);
    if (index < 0 || index >= slab.blockCount()) {
      return new InvalidAddressException(
          reason,
          address,
          String.format(
              "%s. There is the unused end, at offset %d, of a %s",
              what, address - slab.base(), slab));
    }
    final long start = slab.addressOf(index);
    final WatchedBlock block = watchedAt(slab, start);
    final StringBuilder text = new StringBuilder(what);
    text.append(
        String.format(
            ". There is offset %d of block %d, 0x%x of %d bytes%s, %s, in a %s",
            address - start,
            index,
            start,
            slab.blockBytes(),
            block == null ? "" : ", " + block.size() + " asked for",
            stateOf(slab, index),
            slab));
    if (block == null) {
      return new InvalidAddressException(reason, address, text.toString());
    }
    text.append("; ").append(block.allocated().inShort());
    if (block.freed() != null) {
      text.append("; ").append(block.freed().inShort());
    }
    final InvalidAddressException refused =
        new InvalidAddressException(reason, address, text.toString());
    refused.addSuppressed(block.allocated().trimmed());
    if (block.freed() != null) {
      refused.addSuppressed(block.freed().trimmed());
    }
    return refused;
  }

  private String stateOf(final Slab slab, final int index) {
    if (slab.isRetired() || slab.isFree(index)) {
      return "free";
    }
    return !heaps.isOurs(slab) || isLive(slab, index) ? "live" : "free and held back";
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
