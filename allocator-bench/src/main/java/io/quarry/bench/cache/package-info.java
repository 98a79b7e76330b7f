/**
 * A look-aside cache bounded by bytes, as people build them on the JVM: Caffeine holds the keys and
 * decides what to evict, the values live off-heap. Readers hold a reference while they read, so
 * that an eviction on another thread never frees what is being read.
 */
package io.quarry.bench.cache;
