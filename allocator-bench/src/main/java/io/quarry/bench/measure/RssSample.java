package io.quarry.bench.measure;

/**
 * One reading of resident memory.
 *
 * @param seconds since a moment that the series defines
 * @param bytes the resident memory, or its distance from a baseline that the series defines
 */
public record RssSample(double seconds, long bytes) {}
