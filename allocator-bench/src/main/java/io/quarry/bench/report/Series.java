package io.quarry.bench.report;

import io.quarry.bench.measure.RssSample;
import java.util.List;

/**
 * Resident memory over time in the first fork.
 *
 * @param workload what was run
 * @param allocator the allocator
 * @param rss bytes above the baseline; second 0 is when the last value was released
 */
public record Series(String workload, String allocator, List<RssSample> rss) {}
