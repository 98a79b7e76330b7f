/**
 * The command {@code bench native}: the C program in {@code src/main/c} on native allocators, and
 * the same loops in Java, in turns, so that "level with native" is a ratio from one run.
 */
package io.quarry.bench.cprogram;
