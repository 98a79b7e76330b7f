/**
 * The benchmark program. Its packages, lowest first; each may use only the ones above it:
 *
 * <ol>
 *   <li>{@link io.quarry.bench.blocks}: the compared allocators behind one small interface
 *   <li>{@link io.quarry.bench.loops}: what microbenchmarks repeat, in Java and in C
 *   <li>{@link io.quarry.bench.measure}: resident memory, latencies, what one run measured
 *   <li>{@link io.quarry.bench.workload}: one size, churn, hand-over between threads
 *   <li>{@link io.quarry.bench.cache}: the look-aside cache whose values live off-heap
 *   <li>{@link io.quarry.bench.experiment}: the published experiments of {@code bench workload}
 *   <li>{@link io.quarry.bench.report}: results.json, the table, the HTML report
 *   <li>{@link io.quarry.bench.cprogram}: the C program with the same loops, run in turns
 *   <li>{@link io.quarry.bench.compare}: the commands, and the child JVMs that it runs
 * </ol>
 *
 * <p>{@link io.quarry.bench.exchange} and {@link io.quarry.bench.soak} are commands as well. The
 * former uses only {@code measure}, the latter that, {@code loops}, {@code experiment} and {@code
 * report}.
 *
 * <p>{@link io.quarry.bench.jmh} stands beside them and uses only {@code blocks}, {@code loops},
 * and the tables of {@code report}.
 */
package io.quarry.bench;
