package io.quarry.posix;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * A part of a {@link Mapping} that is mapped with one protection. Immutable; it tells how things
 * were when it was asked for.
 *
 * @param offset where it begins in the mapping, in bytes
 * @param address where it begins in memory
 * @param length in bytes
 * @param protection what may be done with it, in the order of {@link Protection}
 */
public record MappedPart(long offset, long address, long length, Set<Protection> protection) {

  /** A part as {@link Mapping#parts()} tells of it. */
  public MappedPart {
    protection = Collections.unmodifiableSet(new TreeSet<>(protection));
  }
}
