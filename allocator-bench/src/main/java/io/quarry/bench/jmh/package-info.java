/** The JMH benchmarks; they know only {@link io.quarry.bench.blocks}. */
package io.quarry.bench.jmh;
