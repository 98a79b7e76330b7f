package io.quarry.slab;

import static io.quarry.region.Geometry.GRANULE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.Posix;
import io.quarry.region.IdlePolicy;
import io.quarry.region.Region;
import io.quarry.region.RegionSettings;
import io.quarry.region.Regions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlabDirectoryTest {

  private static final long LEAF_BYTES = 1L << 30;

  private static final RegionSettings SETTINGS =
      new RegionSettings(4L << 30, 64L << 20, IdlePolicy.UNMAP);

  private final Regions regions = new Regions(Posix.host(), System::nanoTime, SETTINGS, new Keep());

  /** Keeps the directory as an allocator does. */
  private static final class Keep implements Regions.Listener {
    @Override
    public void regionReserved(final long base, final long bytes) {
      SlabDirectory.prepare(base, bytes);
    }

    @Override
    public void regionDropped(final Region region) {
      SlabDirectory.clear(region);
    }
  }

  @AfterEach
  void close() {
    regions.close();
  }

  @Test
  void thereIsNobodyAtNumbersThatAreNoAddresses() {
    final long slab = carve(1).base();
    for (final long address :
        new long[] {
          0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 48, (1L << 48) - 1, -GRANULE_BYTES
        }) {
      assertThat(SlabDirectory.slabAt(address)).as("%x", address).isSameAs(Slab.NOBODY);
    }
    // Addresses that differ from that of a slab only in bits that are too high.
    for (int bit = 48; bit < Long.SIZE; bit++) {
      assertThat(SlabDirectory.slabAt(slab | 1L << bit)).as("bit %d", bit).isSameAs(Slab.NOBODY);
    }
  }

  @Test
  void aSlabIsFoundAtEachOfItsBytesAndNextToItItsNeighbours() {
    final Slab first = carve(1);
    final Slab second = carve(3);
    final Slab third = carve(1);
    assertThat(second.base()).isEqualTo(first.base() + GRANULE_BYTES);
    assertThat(third.base()).isEqualTo(second.base() + 3 * GRANULE_BYTES);
    for (long at = second.base(); at < third.base(); at += 16) {
      assertThat(SlabDirectory.slabAt(at) == second).isTrue();
    }
    assertThat(SlabDirectory.slabAt(first.base() - 1)).isNotSameAs(first);
    assertThat(SlabDirectory.slabAt(second.base() - 1)).isSameAs(first);
    assertThat(SlabDirectory.slabAt(third.base() - 1)).isSameAs(second);
    assertThat(SlabDirectory.slabAt(third.base())).isSameAs(third);
    assertThat(SlabDirectory.slabAt(third.base() + GRANULE_BYTES)).isSameAs(Slab.NOBODY);
  }

  @Test
  void aSlabAcrossLeavesIsFoundOnBothSidesOfTheBorder() {
    final Slab slab = carve((int) (2 * LEAF_BYTES / GRANULE_BYTES));
    final long border = (slab.base() + LEAF_BYTES) / LEAF_BYTES * LEAF_BYTES;
    for (final long at :
        new long[] {slab.base(), border - 1, border, slab.base() + 2 * LEAF_BYTES - 1}) {
      assertThat(SlabDirectory.slabAt(at)).as("%x", at).isSameAs(slab);
    }
    // Beside it may be other tests' regions.
    assertThat(SlabDirectory.slabAt(slab.base() - 1)).isNotSameAs(slab);
    assertThat(SlabDirectory.slabAt(slab.base() + 2 * LEAF_BYTES)).isNotSameAs(slab);
  }

  @Test
  void whatIsClearedIsGoneAndWhatIsSomebodyElsesIsNot() {
    final Slab mine = carve(2);
    final Slab alsoMine = carve(2);
    // As where another region lies in a hole of this one: the same addresses, another run.
    final Slab intruder = new Slab(null, Slab.LARGE, GRANULE_BYTES, 1);
    final Regions others = new Regions(Posix.host(), System::nanoTime, SETTINGS, new Keep());
    others.lock().lock();
    try {
      assertThat(others.take(intruder.run(), 1, 1)).isNull();
    } finally {
      others.lock().unlock();
    }
    intruder.place();
    SlabDirectory.put(intruder);
    SlabDirectory.clear(mine.run().region());
    assertThat(SlabDirectory.slabAt(mine.base())).isSameAs(Slab.NOBODY);
    assertThat(SlabDirectory.slabAt(alsoMine.base())).isSameAs(Slab.NOBODY);
    assertThat(SlabDirectory.slabAt(intruder.base())).isSameAs(intruder);
    others.close();
    assertThat(SlabDirectory.slabAt(intruder.base())).isSameAs(Slab.NOBODY);
  }

  @Test
  void aGuessIsTheSlabOrOneThatTheAddressIsNotIn() {
    final Slab small = new Slab(null, 3, 64, 3 * 1024);
    place(small, 3);
    for (long at = small.base(); at < small.base() + small.run().bytes(); at += GRANULE_BYTES) {
      assertThat(SlabDirectory.guessAt(at)).isSameAs(small);
      // The same slot: the guess has to be told from the truth by the offset.
      assertThat(SlabDirectory.guessAt(at + (1L << 32))).isSameAs(small);
      assertThat(small.freeFast(at + (1L << 32))).isFalse();
      assertThat(small.freeFast(at - (1L << 32))).isFalse();
    }
    final Slab large = carve(1);
    assertThat(SlabDirectory.guessAt(large.base())).isSameAs(Slab.NOBODY);
    SlabDirectory.clear(small.run().region());
    assertThat(SlabDirectory.guessAt(small.base())).isSameAs(Slab.NOBODY);
  }

  private Slab carve(final int granules) {
    final Slab slab = new Slab(null, Slab.LARGE, granules * GRANULE_BYTES, 1);
    place(slab, granules);
    return slab;
  }

  private void place(final Slab slab, final int granules) {
    regions.lock().lock();
    try {
      assertThat(regions.take(slab.run(), granules, 1)).isNull();
    } finally {
      regions.lock().unlock();
    }
    slab.place();
    SlabDirectory.put(slab);
  }
}
