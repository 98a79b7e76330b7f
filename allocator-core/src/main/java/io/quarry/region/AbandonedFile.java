package io.quarry.region;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process leaves behind that ends without closing its allocator: a file that only it could
 * have made sense of.
 */
final class AbandonedFile {

  private AbandonedFile() {}

  /**
   * Deletes the file at a path, if it is one of ours and its owner is dead.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static void delete(final Path path) {
    try {
      final long owner = ownerOf(path);
      if (ProcessHandle.of(owner).isPresent()) {
        throw refusal(path, "process " + owner + " stands on it");
      }
      Files.delete(path);
    } catch (final IOException unknown) {
      throw new IllegalArgumentException(refusal(path, unknown.toString()).getMessage(), unknown);
    }
  }

  private static long ownerOf(final Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw refusal(path, "it is no regular file");
    }
    final ByteBuffer header =
        ByteBuffer.allocate(SharedLayout.HEADER_BYTES).order(ByteOrder.nativeOrder());
    try (SeekableByteChannel file = Files.newByteChannel(path)) {
      while (header.hasRemaining() && file.read(header) >= 0) {
        // until the header is complete, or the file ends
      }
    }
    if (header.hasRemaining()
        || header.getLong(SharedLayout.MAGIC_OFFSET) >>> SharedLayout.VERSION_BITS
            != SharedLayout.MAGIC_OF_ALL_VERSIONS) {
      throw refusal(path, "it was not made by an allocator, or is not complete yet");
    }
    return header.getLong(SharedLayout.OWNER_OFFSET);
  }

  private static IllegalArgumentException refusal(final Path path, final String reason) {
    return new IllegalArgumentException(
        "backing file "
            + path
            + " exists already, and "
            + reason
            + ": expected a path where nothing is, or the file of a process that has ended");
  }
}
