package io.quarry.allocator;

import java.util.List;

/**
 * A place in a program that allocated checked blocks which are still live: those whose stacks were
 * the same. With {@link Checks#SAMPLED} these are the samples only.
 *
 * @param blocks how many
 * @param bytes how many bytes were asked for, in all of them
 * @param stack the stack, the caller of the allocator first
 */
public record AllocationSite(long blocks, long bytes, List<StackTraceElement> stack) {

  /** Copies the list. */
  public AllocationSite {
    stack = List.copyOf(stack);
  }
}
