/**
 * The published experiments that {@code bench workload} repeats: shifting sizes, caches, servers.
 * Each plays its operations on a {@link io.quarry.bench.experiment.Stage}, which knows the blocks,
 * times the calls and watches the memory.
 */
package io.quarry.bench.experiment;
