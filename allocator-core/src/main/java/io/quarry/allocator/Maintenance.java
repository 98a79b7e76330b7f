package io.quarry.allocator;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.IdleStrategy;

/**
 * The thread that all allocators of a JVM share for their housekeeping. A daemon; started with the
 * first allocator, ended some time after the last one is gone, so that it keeps no class loader
 * alive. Between the moments at which something is due it is parked.
 */
final class Maintenance implements Agent, IdleStrategy {
  private static final Logger LOG = System.getLogger(SlabAllocator.class.getPackageName());
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Guarded by the class; null while there is no thread. */
  private static Maintenance running;

  private final List<Housekeeping> chores = new CopyOnWriteArrayList<>();
  private volatile Thread thread;

  private Maintenance() {}

  /** Runs a chore from now on, as often as it asks to be. */
  static synchronized void add(final Housekeeping chore) {
    if (running == null) {
      final Maintenance started = new Maintenance();
      started.chores.add(chore);
      final AgentRunner runner = new AgentRunner(started, Maintenance::agentFailed, null, started);
      started.thread = AgentRunner.startOnThread(runner, Maintenance::daemon);
      running = started;
    } else {
      running.chores.add(chore);
      LockSupport.unpark(running.thread);
    }
  }

  /** Runs a chore no more; it may be running at this moment. */
  static synchronized void remove(final Housekeeping chore) {
    if (running != null) {
      running.chores.remove(chore);
      LockSupport.unpark(running.thread); // it may sleep for long, and this may have been the last
    }
  }

  /** Runs a chore soon. By any thread, rarely. */
  static void wake(final Housekeeping chore) {
    chore.woken = true;
    final Maintenance agent = current();
    if (agent != null) {
      LockSupport.unpark(agent.thread);
    }
  }

  /** Whether the calling thread is the one that runs the chores. */
  static boolean isRunningThis() {
    final Maintenance agent = current();
    return agent != null && agent.thread == Thread.currentThread();
  }

  private static synchronized Maintenance current() {
    return running;
  }

  private static Thread daemon(final Runnable work) {
    final Thread made = new Thread(rootGroup(), work, "quarry-maintenance", 0, false);
    made.setDaemon(true);
    made.setContextClassLoader(null);
    return made;
  }

  /**
   * Not the group of whoever makes the first allocator: it may be interrupted, or be of a plugin.
   */
  private static ThreadGroup rootGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    return group;
  }

  private static void agentFailed(final Throwable failure) {
    if (!(failure instanceof AgentTerminationException)) {
      log("maintenance failed", failure);
      LockSupport.parkNanos(RETRY_NANOS);
    }
  }

  /** The thread must outlive a full Java heap: what throws here would end it. */
  private static void log(final String what, final Throwable failure) {
    try {
      LOG.log(Level.ERROR, what, failure);
    } catch (final OutOfMemoryError | LinkageError nothingCanBeSaid) {
      // It will be tried again, and said if it still fails. A class of the logging that could not
      // be initialised, for want of memory, stays unusable: its errors are no OutOfMemoryErrors.
    }
  }

  @Override
  public String roleName() {
    return "quarry-maintenance";
  }

  /** The runner ends with the first error that reaches it: a full Java heap must not. */
  @Override
  public int doWork() {
    try {
      return runWhatIsDue();
    } catch (final OutOfMemoryError fullForNow) {
      LockSupport.parkNanos(RETRY_NANOS);
      return 0;
    }
  }

  private int runWhatIsDue() {
    if (chores.isEmpty()) {
      LockSupport.parkNanos(this, LINGER_NANOS);
      endIfUnused();
    }
    int done = 0;
    for (final Housekeeping chore : chores) {
      if (chore.woken || chore.dueNanos - System.nanoTime() <= 0) {
        run(chore);
        done++;
      }
    }
    return done;
  }

  private void endIfUnused() {
    synchronized (Maintenance.class) {
      if (chores.isEmpty()) {
        running = null;
        throw new AgentTerminationException("no allocator is left");
      }
    }
  }

  private void run(final Housekeeping chore) {
    // Cleared before the work: a wake-up that comes while it is done must not be lost.
    chore.woken = false;
    long delay = RETRY_NANOS;
    try {
      delay = chore.run();
    } catch (final RuntimeException | Error failed) {
      log("maintenance of an allocator failed, and will be tried again", failed);
    }
    if (delay < 0) {
      chores.remove(chore);
    } else {
      chore.dueNanos = System.nanoTime() + delay;
    }
  }

  // --- the idle strategy: parked until the next chore is due -------------------------------------

  @Override
  public void idle(final int workCount) {
    idle();
  }

  @Override
  public void idle() {
    try {
      parkUntilDue();
    } catch (final OutOfMemoryError fullForNow) {
      LockSupport.parkNanos(RETRY_NANOS);
    }
  }

  private void parkUntilDue() {
    long delay = Long.MAX_VALUE / 2;
    for (final Housekeeping chore : chores) {
      delay = chore.woken ? 0 : Math.min(delay, chore.dueNanos - System.nanoTime());
    }
    if (delay > 0 && !chores.isEmpty()) {
      LockSupport.parkNanos(this, delay);
    }
    // The runner would take an interrupt for the wish to end; the thread is ours, and has none.
    Thread.interrupted();
  }

  /** However the runner came to its end: allocators that are left get another one. */
  @Override
  public void onClose() {
    synchronized (Maintenance.class) {
      if (running == this) {
        running = null;
        chores.forEach(Maintenance::add);
      }
    }
  }

  @Override
  public void reset() {}

  @Override
  public String alias() {
    return "until-due";
  }
}
