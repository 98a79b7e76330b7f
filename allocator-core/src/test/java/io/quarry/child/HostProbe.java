package io.quarry.child;

import io.quarry.posix.MapFlag;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.posix.Protection;
import java.util.EnumSet;

/** Maps, writes, reads and unmaps memory, twice, and prints a line about how each time went. */
public final class HostProbe {

  private static final int LENGTH = 1 << 16;

  private HostProbe() {}

  /** Takes no arguments. */
  public static void main(String[] args) {
    attempt();
    attempt();
  }

  private static void attempt() {
    try {
      final Posix posix = Posix.host();
      final long address =
          posix.mmap(
              0,
              LENGTH,
              EnumSet.of(Protection.READ, Protection.WRITE),
              EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS),
              Posix.NO_FILE,
              0);
      NativeMemory.fill(address, LENGTH, (byte) 7);
      final int sum =
          NativeMemory.byteBuffer(address, LENGTH).get(0)
              + NativeMemory.byteBuffer(address, LENGTH).get(LENGTH - 1);
      posix.munmap(address, LENGTH);
      System.out.println("mapped in " + Posix.class.getModule() + ", read " + sum);
    } catch (UnsupportedOperationException e) {
      System.out.println("refused: " + e.getMessage());
    }
  }
}
