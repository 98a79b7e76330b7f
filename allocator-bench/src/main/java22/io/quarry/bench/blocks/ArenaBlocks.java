package io.quarry.bench.blocks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * An {@link Arena} for each block, the only way that {@code java.lang.foreign} has to free blocks
 * one at a time. The memory comes zeroed. Its users touch it through a {@code MemorySegment};
 * except through a view, it is touched by address like the others', which spares it the checks.
 */
abstract class ArenaBlocks extends AddressedBlocks implements ZeroedBlocks, ByteBufferBlocks {

  /** The alignment that malloc gives. */
  private static final int ALIGNMENT_BYTES = 16;

  private final Arena[] arenas;
  private final MemorySegment[] segments;

  private ArenaBlocks(int slots) {
    this.arenas = new Arena[slots];
    this.segments = new MemorySegment[slots];
  }

  /** Arenas that any thread may close, at the price of a handshake with all threads. */
  static ArenaBlocks shared(int slots) {
    return new Shared(slots);
  }

  /** Arenas that only the thread that made them may close. */
  static ArenaBlocks confined(int slots) {
    return new Confined(slots);
  }

  abstract Arena newArena();

  @Override
  public final long allocate(int slot, int sizeBytes) {
    final Arena arena = newArena();
    final MemorySegment segment = arena.allocate(sizeBytes, ALIGNMENT_BYTES);
    arenas[slot] = arena;
    segments[slot] = segment;
    return segment.address();
  }

  /** All of them are zeroed. */
  @Override
  public final long allocateZeroed(int slot, int sizeBytes) {
    return allocate(slot, sizeBytes);
  }

  @Override
  public final void free(int slot, long handle) {
    final Arena arena = arenas[slot];
    arenas[slot] = null;
    segments[slot] = null;
    arena.close();
  }

  @Override
  public final long throughView(int slot, long handle, int sizeBytes, long value) {
    return ForeignBlocks.throughSegment(segments[slot], sizeBytes, value);
  }

  @Override
  public final ByteBuffer byteBuffer(int slot, long handle, int sizeBytes) {
    return segments[slot].asByteBuffer();
  }

  private static final class Shared extends ArenaBlocks {
    Shared(int slots) {
      super(slots);
    }

    @Override
    Arena newArena() {
      return Arena.ofShared();
    }
  }

  private static final class Confined extends ArenaBlocks {
    Confined(int slots) {
      super(slots);
    }

    @Override
    Arena newArena() {
      return Arena.ofConfined();
    }
  }
}
