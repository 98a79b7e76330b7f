/**
 * For the tests of programs that use an allocator: {@link io.quarry.junit.NoLeaks}. Needs JUnit 5,
 * which nothing else does. Stands on {@link io.quarry.checks}.
 */
package io.quarry.junit;
