/**
 * The commands {@code bench compare} and {@code bench workload}: they plan the runs, give each a
 * JVM of its own, and put what they measured together.
 */
package io.quarry.bench.compare;
