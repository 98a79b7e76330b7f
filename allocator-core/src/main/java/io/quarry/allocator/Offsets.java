package io.quarry.allocator;

import io.quarry.posix.PosixException;
import io.quarry.region.PageSource;
import io.quarry.region.Regions;
import io.quarry.slab.Slab;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;

/** From addresses to offsets in the file that an allocator stands on, and back. */
final class Offsets {
  private static final Logger LOG = System.getLogger(Offsets.class.getPackageName());

  private final PageSource pages;
  private final Regions regions;
  private final Addresses addresses;

  Offsets(final PageSource pages, final Regions regions, final Addresses addresses) {
    this.pages = pages;
    this.regions = regions;
    this.addresses = addresses;
    final PosixException reason = pages.keepsAllBecause();
    if (reason != null) {
      LOG.log(
          Level.WARNING,
          "the file system of {0} cannot give back parts of a file: idle memory is kept until the"
              + " allocator is closed, and a full disk may end the process with SIGBUS: {1}",
          pages.path(),
          reason.getMessage());
    }
  }

  /** The same file, of which an arena knows its own blocks only. */
  Offsets ofArena(final Addresses ofArena) {
    return new Offsets(this, ofArena);
  }

  private Offsets(final Offsets whole, final Addresses addresses) {
    this.pages = whole.pages;
    this.regions = whole.regions;
    this.addresses = addresses;
  }

  Path path() {
    checkShared();
    return pages.path();
  }

  long offsetOf(final long address) {
    checkShared();
    final Slab slab = addresses.liveBlockAt(address, "offsetOf");
    return slab.run().region().offsetOf(address);
  }

  long addressOf(final long offset) {
    checkShared();
    final long address = addressAt(offset);
    if (address == 0) {
      throw new InvalidOffsetException(
          InvalidOffsetException.Reason.OUTSIDE,
          offset,
          "addressOf(" + offset + "): no region has that offset; pass what offsetOf returned");
    }
    addresses.liveBlockAt(address, "addressOf");
    return address;
  }

  private long addressAt(final long offset) {
    regions.lock().lock();
    try {
      return regions.addressAt(offset);
    } finally {
      regions.lock().unlock();
    }
  }

  private void checkShared() {
    if (!pages.isShared()) {
      throw new IllegalStateException(
          "this allocator stands on private memory, which has no offsets: build it with"
              + " backing(Backing.sharedMemory()) or backing(Backing.file(path))");
    }
  }
}
