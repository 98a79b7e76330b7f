package io.quarry.posix;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What tests of mapped memory share: nothing that a test maps outlives it. */
@EnabledOnOs(OS.LINUX)
abstract class MappedMemory {

  static final Set<Protection> READ_WRITE = EnumSet.of(Protection.READ, Protection.WRITE);
  static final Set<Protection> NO_ACCESS = EnumSet.noneOf(Protection.class);

  @RegisterExtension final NothingLeft left = NothingLeft.unmarked();
  final CountingPosix posix = left.posix();
  final int page = posix.pageSize();

  /**
   * What a test maps and does not unmap; what it opens it closes itself, as {@link #left} holds.
   */
  @AfterEach
  final void unmapAll() {
    posix.unmapAll();
  }

  /** Private anonymous flags and some more. */
  static Set<MapFlag> anonymous(MapFlag... more) {
    final Set<MapFlag> flags = EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS);
    flags.addAll(Set.of(more));
    return flags;
  }

  long map(long length, MapFlag... more) {
    return mapAt(0, length, more);
  }

  long mapAt(long address, long length, MapFlag... more) {
    return posix.mmap(address, length, READ_WRITE, anonymous(more), Posix.NO_FILE, 0);
  }

  /** Maps a range between two pages without access, so that the kernel joins it with no other. */
  long mapApart(long length) {
    final long whole = posix.mmap(0, length + 2L * page, NO_ACCESS, anonymous(), Posix.NO_FILE, 0);
    posix.mprotect(whole + page, length, READ_WRITE);
    return whole + page;
  }

  static ByteBuffer view(long address, int length) {
    return NativeMemory.byteBuffer(address, length);
  }
}
