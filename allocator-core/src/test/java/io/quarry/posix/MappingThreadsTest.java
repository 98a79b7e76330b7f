package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One mapping, several threads. */
@EnabledOnOs(OS.LINUX)
final class MappingThreadsTest {

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final Posix posix = left.posix();
  private final int page = posix.pageSize();

  @Test
  void aMappingIsClosedOnceAndUsedNoMore() throws InterruptedException {
    final AtomicLong uses = new AtomicLong();
    final ConcurrentLinkedQueue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
    for (int round = 0; round < 200; round++) {
      final Mapping mapping = Mapping.anonymous(8L * page).posix(posix).map();
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        final int kind = i;
        threads.add(
            new Thread(
                () -> {
                  try {
                    while (true) {
                      use(mapping, kind);
                      uses.incrementAndGet();
                    }
                  } catch (IllegalStateException closed) {
                    // As it should be.
                  } catch (Throwable other) {
                    unexpected.add(other);
                  }
                }));
      }
      threads.forEach(Thread::start);
      final long seen = uses.get();
      while (uses.get() < seen + 10 && unexpected.isEmpty()) {
        Thread.onSpinWait();
      }
      mapping.close();
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertThat(unexpected).isEmpty();
  }

  private void use(Mapping mapping, int kind) {
    switch (kind) {
      case 0 -> {
        mapping.advise(Advice.DONTNEED);
        mapping.byteBuffer(0, page);
      }
      case 1 -> mapping.protect(page, page, Protection.READ);
      default -> {
        mapping.residentPages();
        mapping.parts();
        mapping.buffer(3L * page, page);
      }
    }
  }
}
