/**
 * The allocators that are compared, each behind {@link io.quarry.bench.blocks.BlockAllocator}.
 * Knows nothing of workloads, of time or of reports.
 */
package io.quarry.bench.blocks;
