package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarry.threads.Waiting;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Only where there is no doubt is a thread outside. */
@Timeout(60)
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
  void aThreadThatWaitsElsewhereIsOutside() {
    startAndAwait(new Thread(new Waiting(end, 10)));
    assertThat(Absence.isOutside(thread)).isTrue();
  }

  @Test
  void aThreadWithAFrameOfOursIsNot() {
    final Waiting waiting = new Waiting(end, 10);
    startAndAwait(new Thread(() -> waiting.run())); // a lambda of this class, of this package
    assertThat(Absence.isOutside(thread)).isFalse();
  }

  @Test
  void aThreadWhoseTraceMayBeCutOffIsNot() {
    startAndAwait(new Thread(new Waiting(end, 400)));
    assertThat(Absence.isOutside(thread)).isFalse();
  }

  @Test
  void aThreadThatIsNotAliveIsNot() throws InterruptedException {
    assertThat(Absence.isOutside(new Thread())).isFalse();
    final Thread dead = new Thread();
    dead.start();
    dead.join();
    assertThat(Absence.isOutside(dead)).isFalse();
  }

  @Test
  void aThreadThatOverridesItsTraceIsNot() {
    startAndAwait(new Pretending(end));
    assertThat(Absence.isOutside(thread)).isFalse();
  }

  private void startAndAwait(final Thread started) {
    thread = started;
    thread.start();
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  private static final class Pretending extends Thread {
    Pretending(final CountDownLatch end) {
      super(new Waiting(end, 0));
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      return new StackTraceElement[] {new StackTraceElement("java.lang.Thread", "run", null, 1)};
    }
  }
}
