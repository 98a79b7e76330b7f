package io.quarry.allocator;

import io.quarry.checks.Site;
import io.quarry.checks.WatchedBlock;
import java.util.AbstractList;
import java.util.List;

/**
 * The sites of the blocks that were live at one moment, those of most bytes first. Found when they
 * are first asked for: it takes far longer than to count, and most statistics are looked at for
 * something else.
 */
final class AllocationSites extends AbstractList<AllocationSite> {
  private List<WatchedBlock> blocks;
  private List<AllocationSite> sites;

  AllocationSites(final List<WatchedBlock> blocks) {
    this.blocks = blocks;
  }

  @Override
  public AllocationSite get(final int index) {
    return sites().get(index);
  }

  @Override
  public int size() {
    return sites().size();
  }

  private synchronized List<AllocationSite> sites() {
    if (sites == null) {
      sites =
          Site.of(blocks).stream()
              .map(site -> new AllocationSite(site.blocks(), site.bytes(), site.trace().frames()))
              .toList();
      blocks = null;
    }
    return sites;
  }
}
