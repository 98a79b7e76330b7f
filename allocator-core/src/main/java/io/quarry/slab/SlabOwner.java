package io.quarry.slab;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Whoever a slab belongs to, as far as a slab has to know: the thread that acts for it, and the
 * allocator it is part of. The layer above says what else an owner is.
 */
public abstract class SlabOwner {

  /** Owns nothing: the owner of slabs that no thread may free into without a closer look. */
  public static final SlabOwner NOBODY = new SlabOwner(null) {};

  private static final VarHandle THREAD;

  static {
    try {
      THREAD = MethodHandles.lookup().findVarHandle(SlabOwner.class, "thread", Thread.class);
    } catch (final ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Object allocator;

  /** Whose heap it is; null if it is shared, if the thread died, or if it is taken from it. */
  private Thread thread;

  /**
   * An owner that no thread acts for yet.
   *
   * @param allocator stands for the allocator; compared by identity only
   */
  protected SlabOwner(final Object allocator) {
    this.allocator = allocator;
  }

  /**
   * Whether the asking thread, which must be the current one, acts for this owner. A plain read is
   * enough: if the thread reads itself here, it acts for this owner or has done so until a moment
   * ago; and nobody acts in its place before it is dead, or was stopped outside of all code that
   * asks this, as {@code IdleThreads} argues.
   */
  public final boolean isActedForBy(final Thread asking) {
    return thread == asking;
  }

  /** Whether this owner is part of an allocator. */
  public final boolean isPartOf(final Object asked) {
    return allocator == asked;
  }

  /** The thread that acts for this owner, as another thread sees it. */
  public final Thread threadVolatile() {
    return (Thread) THREAD.getVolatile(this);
  }

  /** Changes hands. */
  public final void thread(final Thread next) {
    THREAD.setVolatile(this, next);
  }
}
