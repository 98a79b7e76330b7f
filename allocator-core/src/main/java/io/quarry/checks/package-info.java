/**
 * Blocks that are watched: who allocated and who freed them, whether somebody wrote behind their
 * end, or into them after they were freed. Which blocks those are says a {@link
 * io.quarry.checks.WatchPolicy}; where they lie, {@link io.quarry.heap.WatchedSlabs}. Stands on
 * {@link io.quarry.heap}; knows nothing of the public interface.
 */
package io.quarry.checks;
