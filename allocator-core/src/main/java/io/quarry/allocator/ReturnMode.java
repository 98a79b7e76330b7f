package io.quarry.allocator;

/**
 * How idle memory goes back to the kernel. It matters to a program that may touch a view of a block
 * after the block was freed, which is an error in any mode: this chooses what the error looks like.
 */
public enum ReturnMode {
  /**
   * Unmap it. Gives back memory and address space. Touching a block that was freed may end the JVM
   * with SIGSEGV once its slab is unmapped.
   */
  UNMAP,
  /**
   * Drop its contents with {@code MADV_DONTNEED} and keep it mapped until the allocator is closed.
   * Gives back the same memory; touching a block that was freed reads zeros or a stranger's bytes.
   */
  DISCARD,
  /** Keep it for reuse until the allocator is closed. */
  NEVER
}
