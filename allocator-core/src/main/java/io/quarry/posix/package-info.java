/**
 * The system calls of memory management, typed, and nothing else. This is the lowest layer: it
 * knows nothing of regions, slabs or blocks. {@link io.quarry.posix.Posix} is an interface so that
 * a test can put a failing or a counting implementation in the kernel's place.
 */
package io.quarry.posix;
