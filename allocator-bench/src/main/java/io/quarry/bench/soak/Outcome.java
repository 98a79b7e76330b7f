package io.quarry.bench.soak;

import java.util.List;

/**
 * What a soak came to.
 *
 * @param tally what was done
 * @param faults how many system calls were refused
 * @param rounds how many times the actors worked, and rested
 * @param actors how many threads worked throughout
 * @param seconds how long it took
 * @param levels at the rest points that count
 * @param rss resident memory by quarter
 * @param heap Java heap by quarter
 * @param mappingsBefore of the process, before the allocator was made
 * @param mappingsAfter of the process, after it was closed
 */
record Outcome(
    Tally tally,
    long faults,
    int rounds,
    int actors,
    double seconds,
    List<Level> levels,
    Quarters rss,
    Quarters heap,
    long mappingsBefore,
    long mappingsAfter) {}
