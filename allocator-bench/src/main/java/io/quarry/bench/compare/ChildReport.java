package io.quarry.bench.compare;

import io.quarry.bench.measure.Measurement;
import java.util.List;

/**
 * What a child JVM writes to its parent, as one line of JSON.
 *
 * @param collector the garbage collector it ran with
 * @param unavailable why it cannot run the allocator, or null
 * @param measurements what it measured; empty if it could not
 */
record ChildReport(String collector, String unavailable, List<Measurement> measurements) {}
