/**
 * The command {@code bench compare}: it plans the runs, gives each a JVM of its own, and puts what
 * they measured together.
 */
package io.quarry.bench.compare;
