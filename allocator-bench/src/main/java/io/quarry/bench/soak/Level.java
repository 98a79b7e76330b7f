package io.quarry.bench.soak;

/**
 * What was held at a rest point, when most blocks were freed and the collector had run.
 *
 * @param seconds since the soak began
 * @param rssBytes resident memory of the process
 * @param heapBytes Java heap in use
 * @param mappings of the process
 * @param mappedBytes by the allocator
 */
record Level(double seconds, long rssBytes, long heapBytes, long mappings, long mappedBytes) {}
