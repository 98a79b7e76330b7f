/**
 * What is done with the allocators, apart from the cache: one size over and over, random
 * replacement, hand-over between threads. Each runs in a JVM of its own with one allocator, and
 * verifies what it wrote.
 */
package io.quarry.bench.workload;
