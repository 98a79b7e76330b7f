package io.quarry.posix;

/** What may be done with the pages of a mapping ({@code PROT_*}); the empty set permits nothing. */
public enum Protection {
  /** Pages may be read. */
  READ,
  /** Pages may be written. */
  WRITE,
  /** Pages may be executed. */
  EXECUTE
}
