package io.quarry.posix;

import java.io.IOException;

/** What {@code smaps} tells of single pages: a mapping that is cut to one page is asked for. */
final class PageFlags {

  private PageFlags() {}

  /**
   * Whether a page of a file mapping has changes that were not written back. The page is given a
   * mapping of its own for as long as it takes, by advice that changes nothing else.
   */
  static boolean isDirty(long address) throws IOException {
    final Posix posix = Posix.host();
    posix.madvise(address, posix.pageSize(), Advice.DONTFORK);
    try {
      return ProcMaps.dirtyBytesAt(address) > 0;
    } finally {
      posix.madvise(address, posix.pageSize(), Advice.DOFORK);
    }
  }
}
