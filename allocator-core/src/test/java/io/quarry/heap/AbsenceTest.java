package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Only where there is no doubt is a thread outside. */
class AbsenceTest {
  private final CountDownLatch end = new CountDownLatch(1);
  private Thread thread;

  @BeforeEach
  void possible() {
    assumeTrue(Absence.isPossible());
  }

  @AfterEach
  void end() throws InterruptedException {
    end.countDown();
    if (thread != null) {
      thread.join();
    }
  }

  @Test
  void aThreadThatWaitsElsewhereIsOutside() throws InterruptedException {
    // A method reference to the JDK: no frame of this package.
    start(new Thread(new java.util.concurrent.FutureTask<>(new Waiting(end))));
    awaitWaiting();
    assertThat(Absence.isOutside(thread)).isFalse(); // Waiting is of this package
    end.countDown();
    thread.join();
    thread = new ParkedByTheJdk();
    start(thread);
    awaitWaiting();
    assertThat(Absence.isOutside(thread)).isTrue();
    ((ParkedByTheJdk) thread).latch.countDown();
  }

  @Test
  void aThreadThatIsNotAliveIsNot() throws InterruptedException {
    assertThat(Absence.isOutside(new Thread())).isFalse();
    start(new Thread());
    thread.join();
    assertThat(Absence.isOutside(thread)).isFalse();
  }

  @Test
  void aThreadThatOverridesItsTraceIsNot() {
    start(new Pretending());
    awaitWaiting();
    assertThat(Absence.isOutside(thread)).isFalse();
    LockSupport.unpark(thread);
  }

  private void start(final Thread started) {
    thread = started;
    thread.start();
  }

  private void awaitWaiting() {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  private record Waiting(CountDownLatch end) implements java.util.concurrent.Callable<Void> {
    @Override
    public Void call() throws InterruptedException {
      end.await();
      return null;
    }
  }

  /** Runs nothing but the JDK's code. */
  private static final class ParkedByTheJdk extends Thread {
    private final CountDownLatch latch;

    ParkedByTheJdk() {
      this(new CountDownLatch(1));
    }

    private ParkedByTheJdk(final CountDownLatch latch) {
      super(new java.util.concurrent.FutureTask<>(awaiting(latch)));
      this.latch = latch;
    }

    private static java.util.concurrent.Callable<?> awaiting(final CountDownLatch latch) {
      final java.util.concurrent.CompletableFuture<Void> never =
          new java.util.concurrent.CompletableFuture<>();
      final Thread completer =
          new Thread(
              () -> {
                try {
                  latch.await();
                } catch (final InterruptedException ended) {
                  Thread.currentThread().interrupt();
                }
                never.complete(null);
              });
      completer.setDaemon(true);
      completer.start();
      return never::join;
    }
  }

  private static final class Pretending extends Thread {
    @Override
    public void run() {
      LockSupport.park();
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      return new StackTraceElement[] {new StackTraceElement("java.lang.Thread", "run", null, 1)};
    }
  }
}
