package io.quarry.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.FileData;
import io.quarry.posix.MapFlag;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.Posix;
import io.quarry.posix.Protection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What it costs to allocate a slab in a file before it is used, and to give it back, next to what
 * it costs to touch it.
 */
@EnabledOnOs(OS.LINUX)
final class SharedFileFigureTest {
  private static final int ROUNDS = 3;
  private static final int SLABS = 24;

  @Test
  void allocatingTouchingAndDiscarding(@TempDir final Path disk) throws IOException {
    measure("in memory", SharedFile.inMemory(Posix.host()));
    measure("on " + disk, SharedFile.at(Posix.host(), disk.resolve("blocks")));
    final Path shm = Path.of("/dev/shm");
    if (Files.isWritable(shm)) {
      final Path directory = Files.createTempDirectory(shm, "quarry");
      measure("in a tmpfs", SharedFile.at(Posix.host(), directory.resolve("blocks")));
      Files.delete(directory);
    }
  }

  private static void measure(final String where, final SharedFile file) {
    try {
      for (final long slabBytes : new long[] {64 << 10, 4 << 20}) {
        file.grow(SLABS * slabBytes);
        String figures = "";
        for (int round = 0; round < ROUNDS; round++) {
          figures = round(file, slabBytes);
        }
        System.out.println("file " + where + ", slabs of " + (slabBytes >> 10) + " KiB:" + figures);
        assertThat(FileData.bytes(file.path())).as("given back").isZero();
      }
    } finally {
      assertThat(file.close()).isNull();
    }
  }

  private static String round(final SharedFile file, final long slabBytes) {
    final Posix posix = Posix.host();
    final long bytes = SLABS * slabBytes;
    final long place =
        posix.mmap(
            0,
            bytes,
            EnumSet.of(Protection.READ),
            EnumSet.of(MapFlag.PRIVATE, MapFlag.ANONYMOUS),
            Posix.NO_FILE,
            0);
    posix.munmap(place, bytes);
    final long address = file.mapInto(place, bytes, 0);
    final long start = System.nanoTime();
    for (int i = 0; i < SLABS; i++) {
      file.allocate(i * slabBytes, slabBytes);
    }
    final long allocated = System.nanoTime();
    NativeMemory.fill(address, bytes, (byte) 1);
    final long touched = System.nanoTime();
    for (int i = 0; i < SLABS; i++) {
      file.discard(i * slabBytes, slabBytes);
    }
    final long discarded = System.nanoTime();
    posix.munmap(address, bytes);
    return String.format(
        " allocate %.1f, touch %.1f, discard %.1f microseconds",
        (allocated - start) / 1e3 / SLABS,
        (touched - allocated) / 1e3 / SLABS,
        (discarded - touched) / 1e3 / SLABS);
  }
}
