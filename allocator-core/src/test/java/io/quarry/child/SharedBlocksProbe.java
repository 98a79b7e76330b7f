package io.quarry.child;

import io.quarry.allocator.Backing;
import io.quarry.allocator.InvalidOffsetException;
import io.quarry.allocator.SharedBlocks;
import io.quarry.allocator.SlabAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32;

/**
 * Looks into the blocks of another process, which hands them over in a mailbox: a block of slots
 * that both write to.
 *
 * <pre>
 *   slot   | state | offset of a block | its length | its checksum |   a long each
 *            EMPTY -owner-> FULL -reader-> READ -owner-> EMPTY
 * </pre>
 */
public final class SharedBlocksProbe {

  /** The states of a slot. */
  public static final long EMPTY = 0;

  public static final long FULL = 1;
  public static final long READ = 2;
  public static final long WRONG = 3;

  /** In any slot: the reader may go. */
  public static final long ENOUGH = 4;

  public static final int SLOTS = 8;
  public static final int SLOT_BYTES = 32;

  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private SharedBlocksProbe() {}

  /** Takes {@code read}, a path and the offset of the mailbox; or {@code own} and a path. */
  public static void main(String[] args) {
    final Path path = Path.of(args[1]);
    if (args[0].equals("own")) {
      own(path);
    } else {
      read(path, Long.parseLong(args[2]));
    }
  }

  public static long state(ByteBuffer mailbox, int slot) {
    return (long) LONGS.getAcquire(mailbox, slot * SLOT_BYTES);
  }

  public static void state(ByteBuffer mailbox, int slot, long state) {
    LONGS.setRelease(mailbox, slot * SLOT_BYTES, state);
  }

  public static long checksum(ByteBuffer bytes) {
    final CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }

  private static void read(Path path, long mailboxOffset) {
    try (SharedBlocks blocks = SharedBlocks.attachForWriting(path);
        SharedBlocks reader = SharedBlocks.attach(path)) {
      final ByteBuffer mailbox = blocks.byteBuffer(mailboxOffset, SLOTS * SLOT_BYTES);
      tryWrongOffsets(reader, mailboxOffset);
      try {
        reader.buffer(mailboxOffset, 8).getLong(0);
        System.out.println("Agrona works");
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
      long verified = 0;
      long bytes = 0;
      boolean enough = false;
      while (!enough) {
        for (int slot = 0; slot < SLOTS; slot++) {
          final long state = state(mailbox, slot);
          enough |= state == ENOUGH;
          if (state == FULL) {
            final int at = slot * SLOT_BYTES;
            final int length = (int) mailbox.getLong(at + 16);
            final ByteBuffer block = reader.byteBuffer(mailbox.getLong(at + 8), length);
            final boolean right = checksum(block) == mailbox.getLong(at + 24);
            verified++;
            bytes += length;
            state(mailbox, slot, right ? READ : WRONG);
          }
        }
        Thread.onSpinWait();
      }
      System.out.println("verified " + verified + " blocks, " + bytes + " bytes");
    }
  }

  private static void tryWrongOffsets(SharedBlocks reader, long right) {
    final long size = reader.usableSize(right);
    // Behind the first region, of 4 MiB, is the leaf that describes it: never a block.
    final long leaf = (6 << 20) + (64 << 10);
    for (long[] wrong :
        new long[][] {
          {-1, 1}, {1L << 50, 1}, {64, 1}, {right + 8, 1}, {right, size + 1}, {leaf, 1}
        }) {
      try {
        reader.byteBuffer(wrong[0], (int) wrong[1]);
        System.out.println("accepted " + wrong[0]);
      } catch (InvalidOffsetException e) {
        System.out.print(e.reason() + " ");
      }
    }
    System.out.println();
  }

  /** Ends without closing its allocator. */
  private static void own(Path path) {
    final SlabAllocator allocator =
        SlabAllocator.builder().capacity(8 << 20).backing(Backing.file(path)).build();
    final long address = allocator.malloc(100);
    allocator.byteBuffer(address, 8).putLong(0, 4711);
    System.out.println(allocator.offsetOf(address));
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }
}
