/**
 * Slabs: size classes, the bitmaps that say which blocks are free, and the way from an address to a
 * block. Arithmetic on Java arrays; no system call is made here, and nothing is known of threads
 * beyond the ordering of reads and writes.
 */
package io.quarry.slab;
