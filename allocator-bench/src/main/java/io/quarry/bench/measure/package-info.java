/** What a run measures: resident memory over time, and figures by name. Knows no allocator. */
package io.quarry.bench.measure;
