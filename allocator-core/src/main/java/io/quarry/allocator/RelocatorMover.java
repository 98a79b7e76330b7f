package io.quarry.allocator;

import io.quarry.heap.BlockMover;
import io.quarry.posix.NativeMemory;

/** A {@link Relocator}, as the layer below knows it. */
record RelocatorMover(Relocator relocator) implements BlockMover {

  @Override
  public void copy(final long from, final long to, final long bytes) {
    NativeMemory.copy(from, to, bytes);
  }

  @Override
  public boolean move(final long from, final long to, final long bytes) {
    return relocator.relocate(from, to, bytes);
  }

  @Override
  public void awaitReaders() {
    relocator.awaitReaders();
  }
}
