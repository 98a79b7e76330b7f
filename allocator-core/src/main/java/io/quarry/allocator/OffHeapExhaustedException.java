package io.quarry.allocator;

/**
 * There is no memory for a request. Nothing has changed: every block is as it was, and the
 * allocator goes on; once blocks are freed the same request may succeed.
 */
public final class OffHeapExhaustedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why a request was refused. */
  public enum Reason {
    /** The mapped bytes would exceed the capacity: free blocks, or give the allocator more. */
    LIMIT,
    /** The mapped bytes would exceed the limit of a parent. */
    PARENT_LIMIT,
    /** The operating system refused to map memory; the cause says how. */
    OS_REFUSED,
    /** The process has as many mappings as this library may use: raise {@code vm.max_map_count}. */
    MAP_COUNT,
    /** No allocator of this capacity can ever serve a request of this size. */
    TOO_LARGE
  }

  private final Reason reason;
  private final transient AllocatorStats stats;

  OffHeapExhaustedException(
      final Reason reason,
      final String message,
      final AllocatorStats stats,
      final Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.stats = stats;
  }

  /** Why the request was refused. */
  public Reason reason() {
    return reason;
  }

  /** The allocator's statistics right after the refusal; null once deserialized. */
  public AllocatorStats stats() {
    return stats;
  }
}
