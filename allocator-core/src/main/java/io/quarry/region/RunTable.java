package io.quarry.region;

import static io.quarry.region.Geometry.GRANULE_BYTES;

import io.quarry.posix.PosixException;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of a shared file that tells others what the rest is cut into, as its owner keeps it:
 * {@link SharedLayout} says how it looks.
 *
 * <p>To be used under the lock of the {@link Regions}.
 */
final class RunTable {
  private final SharedFile file;
  private final FilePart head;

  /** By their place in the root; null where there is none. */
  private final List<FilePart> leaves = new ArrayList<>();

  private final ArrayList<FilePart> mapped = new ArrayList<>();

  /** Writes the header of a file that is long enough for it. */
  RunTable(final SharedFile file) {
    this.file = file;
    file.allocate(0, GRANULE_BYTES);
    head = file.map(0, SharedLayout.RANGES_OFFSET);
    mapped.add(head);
    head.setRelease(SharedLayout.STATE_OFFSET, SharedLayout.OPEN);
    head.setRelease(SharedLayout.OWNER_OFFSET, ProcessHandle.current().pid());
    head.setRelease(SharedLayout.GRANULE_SHIFT_OFFSET, Geometry.GRANULE_SHIFT);
    head.setRelease(SharedLayout.MAGIC_OFFSET, SharedLayout.MAGIC);
  }

  /** Whether offsets like this one have a leaf. */
  boolean hasLeaf(final long offset) {
    final int place = (int) (offset >>> SharedLayout.LEAF_SHIFT);
    return place < leaves.size() && leaves.get(place) != null;
  }

  /**
   * Adds the leaf for offsets like one.
   *
   * @param leafOffset where it is to be; zero so far
   */
  void addLeaf(final long offset, final long leafOffset) {
    final int placeInRoot = SharedLayout.placeInRoot(offset);
    file.allocate(placeInRoot & -GRANULE_BYTES, GRANULE_BYTES);
    file.allocate(leafOffset, SharedLayout.LEAF_BYTES);
    final int place = (int) (offset >>> SharedLayout.LEAF_SHIFT);
    while (leaves.size() <= place) {
      leaves.add(null);
    }
    mapped.ensureCapacity(mapped.size() + 1); // so that nothing can fail once it is mapped
    final FilePart leaf = file.map(leafOffset, SharedLayout.LEAF_BYTES);
    mapped.add(leaf);
    leaves.set(place, leaf);
    head.setRelease(placeInRoot, leafOffset);
  }

  /** Says that a run of granules was cut into equal pieces. */
  void describe(final long offset, final int granules, final long pieceBytes) {
    for (int before = 0; before < granules; before++) {
      set(offset + Geometry.bytesOf(before), SharedLayout.entry(granules, before, pieceBytes));
    }
  }

  /** Says that granules belong to no run. */
  void withdraw(final long offset, final int granules) {
    for (int before = 0; before < granules; before++) {
      set(offset + Geometry.bytesOf(before), 0);
    }
  }

  private void set(final long offset, final long entry) {
    leaves
        .get((int) (offset >>> SharedLayout.LEAF_SHIFT))
        .setRelease(SharedLayout.placeInLeaf(offset), entry);
  }

  /** The number of kernel mappings. */
  int mappings() {
    return mapped.size();
  }

  /** Tells everybody that the owner lets go. */
  void sayClosed() {
    if (mapped.contains(head)) {
      head.setRelease(SharedLayout.STATE_OFFSET, SharedLayout.CLOSED);
    }
  }

  /**
   * Unmaps everything. Idempotent.
   *
   * @return null, or why the kernel kept some of it
   */
  PosixException unmap() {
    PosixException refusal = null;
    for (int i = mapped.size() - 1; i >= 0; i--) {
      try {
        file.unmap(mapped.get(i));
        mapped.remove(i);
      } catch (final PosixException refused) {
        refusal = refused;
      }
    }
    return refusal;
  }
}
