/**
 * The long run of {@code bench soak}: actors that each do one kind of thing to one allocator, on a
 * kernel that refuses now and then, and rest points at which everything is counted.
 *
 * <p>An {@link io.quarry.bench.soak.Actor} makes its choices from a seed of its own. What it
 * allocates stands on the {@link io.quarry.bench.soak.Shelf}, where every block is stamped and any
 * actor may free it. What must not be ends up in the {@link io.quarry.bench.soak.Verdict}, by
 * whichever thread saw it.
 */
package io.quarry.bench.soak;
