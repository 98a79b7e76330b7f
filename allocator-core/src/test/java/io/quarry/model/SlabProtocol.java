package io.quarry.model;

/**
 * The protocol of one slab, of its owner's heap and of everybody else, as {@code Slab}, {@code
 * Heap} and {@code SlabSource} have it: a routine for each of their methods, and in it a step for
 * each access to memory that others may write. Where a method can be skipped without a difference
 * it is.
 */
final class SlabProtocol {
  private SlabProtocol() {}

  /**
   * Writes the routines.
   *
   * @param words of the bitmaps, 1 or 2
   * @param bits blocks for each word
   * @param bothMayBeTaken whether the program frees a block twice at one instant
   */
  static void write(
      final Program program,
      final Mutation mutation,
      final int words,
      final int bits,
      final boolean bothMayBeTaken) {
    new ClaimRoutines(program, mutation, words, bits).write();
    new BlockRoutines(program, mutation, words, bits, bothMayBeTaken).write();
    new HeapsRoutines(program, mutation, words, bits).write();
  }
}
