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

  /** Whose heap it is; null if it is shared, or if the thread died. */
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
   * enough: only the thread itself writes itself here, and it is overwritten only once it is dead.
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
