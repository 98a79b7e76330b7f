/**
 * Heaps: which slab a thread allocates from, frees that come from other threads, and the slabs of
 * threads that died. A heap belongs to one platform thread, or is shared under a lock. Stands on
 * {@link io.quarry.region} and {@link io.quarry.slab}; knows nothing of the public interface.
 */
package io.quarry.heap;
