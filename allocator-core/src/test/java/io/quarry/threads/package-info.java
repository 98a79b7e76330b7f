/**
 * Threads that use an allocator, in a package of their own: a thread with a frame of the
 * allocator's packages on its stack goes for one that is inside a call, and those are what tests
 * are in.
 */
package io.quarry.threads;
