/**
 * What is repeated in microbenchmarks, prepared so that little else than the allocator is measured;
 * the C program in {@code src/main/c} does the same.
 */
package io.quarry.bench.loops;
