/**
 * The public face: {@link io.quarry.allocator.Allocator} says what an allocator does, {@link
 * io.quarry.allocator.SlabAllocator} is the one that Quarry is about.
 */
package io.quarry.allocator;
