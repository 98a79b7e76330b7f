/**
 * The JMH benchmarks, and the program that runs them: JMH itself, with what this JVM cannot run
 * left out and a table of ratios at the end. They know only {@link io.quarry.bench.blocks} and
 * {@link io.quarry.bench.loops}.
 */
package io.quarry.bench.jmh;
