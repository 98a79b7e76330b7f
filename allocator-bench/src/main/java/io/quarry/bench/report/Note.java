package io.quarry.bench.report;

/**
 * Something that could not be measured.
 *
 * @param workload what was to be run
 * @param allocator the allocator
 * @param reason why not, for people
 */
public record Note(String workload, String allocator, String reason) {}
