/**
 * {@code bench exchange}: messages between two JVMs, through memory that both map and through
 * pipes.
 */
package io.quarry.bench.exchange;
