package io.quarry.region;

/** What becomes of granules that were idle for long enough. */
public enum IdlePolicy {
  /** They are unmapped. */
  UNMAP,
  /** Their contents are dropped; they stay mapped. */
  DISCARD,
  /** They are kept. */
  KEEP
}
