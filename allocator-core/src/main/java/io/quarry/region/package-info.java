/**
 * Regions: large mappings, and the runs of granules that are handed out of them, taken back, kept
 * for a while and returned to the kernel. This layer stands on {@link io.quarry.posix} and knows
 * nothing of slabs, size classes or blocks: whoever takes a run decides what it is for.
 */
package io.quarry.region;
