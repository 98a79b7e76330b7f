package io.quarry.region;

/** Why no run was handed out. */
public enum Refusal {
  /** The run would take the mapped bytes above the capacity. */
  LIMIT,
  /** The run would take the mapped bytes of a supply further down above its limit. */
  PARENT_LIMIT,
  /** The kernel refused to map memory. */
  OS_REFUSED,
  /** One mapping more would be more than this process should have. */
  MAP_COUNT,
  /** The run is larger than the capacity, or than any mapping can be. */
  TOO_LARGE,
  /** The regions are closed. */
  CLOSED;

  /** Whether the same run may be handed out once others were given back. */
  public boolean isLimit() {
    return this == LIMIT || this == PARENT_LIMIT;
  }
}
