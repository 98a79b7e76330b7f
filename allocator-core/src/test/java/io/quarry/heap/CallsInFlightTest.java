package io.quarry.heap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who ends waits for the calls that have begun, and for no others. */
@Timeout(60)
class CallsInFlightTest {
  private final CallsInFlight calls = new CallsInFlight();

  @Test
  void nobodyIsWaitedForIfNobodyIsThere() {
    calls.awaitAll();
    final int stripe = calls.enter();
    assertThat(stripe).isNotNegative();
    calls.leave(stripe);
    calls.end();
    calls.awaitAll();
  }

  @Test
  void afterTheEndNoCallBegins() {
    calls.end();
    assertThat(calls.enter()).isNegative();
    calls.awaitAll(); // it has left nothing behind
  }

  @Test
  void aCallOfAnyThreadIsWaitedFor() throws Exception {
    // As many threads as there are counters, and more: their ids follow each other.
    for (int i = 0; i < 10; i++) {
      final CallsInFlight each = new CallsInFlight();
      final CountDownLatch entered = new CountDownLatch(1);
      final CountDownLatch mayLeave = new CountDownLatch(1);
      final AtomicBoolean left = new AtomicBoolean();
      final Thread caller =
          new Thread(
              () -> {
                final int stripe = each.enter();
                entered.countDown();
                try {
                  mayLeave.await();
                } catch (final InterruptedException interrupted) {
                  throw new AssertionError(interrupted);
                }
                left.set(true);
                each.leave(stripe);
              });
      caller.start();
      entered.await();
      each.end();
      final AtomicBoolean leftBeforeItWasAwaited = new AtomicBoolean();
      final CountDownLatch awaited = new CountDownLatch(1);
      final Thread ending =
          new Thread(
              () -> {
                each.awaitAll();
                leftBeforeItWasAwaited.set(left.get());
                awaited.countDown();
              });
      ending.start();
      assertThat(awaited.await(5, TimeUnit.MILLISECONDS)).isFalse();
      mayLeave.countDown();
      awaited.await();
      assertThat(leftBeforeItWasAwaited.get()).isTrue();
      caller.join();
      ending.join();
    }
  }
}
