package io.quarry.checks;

import io.quarry.posix.NativeMemory;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A byte that memory is filled with, to see later whether somebody has written there. */
enum Pattern {
  /** Behind the end of a block. */
  RED_ZONE((byte) 0xB5),
  /** Of a block that is free. */
  POISON((byte) 0xDF);

  private static final int PIECE = 4 << 10;
  private static final int MOST_SHOWN = 16;

  private final byte value;
  private final ByteBuffer piece;

  Pattern(final byte value) {
    this.value = value;
    final byte[] bytes = new byte[PIECE];
    Arrays.fill(bytes, value);
    piece = ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  void fill(final long address, final long length) {
    NativeMemory.fill(address, length, value);
  }

  /** How far behind an address the first byte is that is another one; -1 if there is none. */
  long firstDifference(final long address, final long length) {
    for (long at = 0; at < length; at += PIECE) {
      final int bytes = (int) Math.min(PIECE, length - at);
      final int difference =
          NativeMemory.byteBuffer(address + at, bytes).mismatch(piece.slice(0, bytes));
      if (difference >= 0) {
        return at + difference;
      }
    }
    return -1;
  }

  /** Some bytes as they are now. */
  static String bytesAt(final long address, final long most) {
    final ByteBuffer view = NativeMemory.byteBuffer(address, (int) Math.min(MOST_SHOWN, most));
    final StringBuilder text = new StringBuilder();
    while (view.hasRemaining()) {
      text.append(text.length() == 0 ? "" : " ").append(String.format("%02x", view.get()));
    }
    return text.toString();
  }
}
