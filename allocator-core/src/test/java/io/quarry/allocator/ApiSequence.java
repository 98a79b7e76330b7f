package io.quarry.allocator;

import io.quarry.posix.Errno;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Calls of the API by several threads, one at a time, as a sequence of bytes says: which thread,
 * which call, of what size, where the kernel refuses, which thread dies. Each step is compared with
 * a model ({@link FaultHistory}). Also what a coverage-guided fuzzer calls; see {@code
 * allocator-core/fuzz}.
 */
public final class ApiSequence {
  private static final int THREADS = 3;
  private static final int STEPS_BETWEEN_LOOKS = 16;
  private static final List<String> CALLS =
      List.of("mmap", "munmap", "madvise", "mremap", "mincore", "ftruncate", "fallocate");
  private static final int FARTHEST_CALL = 8;

  private final ByteChoices choices;
  private final FaultHistory history;
  private final List<ExecutorService> threads = new ArrayList<>();
  private int steps;

  private ApiSequence(final byte[] bytes) {
    choices = new ByteChoices(bytes);
    history =
        new FaultHistory(
            choices, choices.nextInt(4) == 0 ? Backing.sharedMemory() : Backing.privateMemory());
    for (int i = 0; i < THREADS; i++) {
      threads.add(newThread());
    }
  }

  /** The entry for a fuzzer. */
  public static void fuzzerTestOneInput(final byte[] bytes) {
    run(bytes);
  }

  /**
   * Follows a sequence to its end.
   *
   * @return the number of steps
   * @throws AssertionError where the allocator is not as the model says
   */
  static int run(final byte[] bytes) {
    final ApiSequence sequence = new ApiSequence(bytes);
    try {
      while (!sequence.choices.areOver()) {
        sequence.step();
      }
      sequence.on(0, sequence.history::everythingWorksAgain);
    } finally {
      sequence.threads.forEach(ApiSequence::end);
      sequence.history.close();
    }
    return sequence.steps;
  }

  private void step() {
    steps++;
    switch (choices.nextInt(16)) {
      case 0 -> refuse();
      case 1 -> history.heal();
      case 2 -> replaceThread(choices.nextInt(THREADS));
      case 3, 4 -> on(choices.nextInt(THREADS), history::misuse);
      default -> on(choices.nextInt(THREADS), history::step);
    }
    if (steps % STEPS_BETWEEN_LOOKS == 0) {
      history.check();
    }
  }

  /** Lets the n-th call of a name fail. */
  private void refuse() {
    final String refused = CALLS.get(choices.nextInt(CALLS.size()));
    final Errno error = FaultDeck.ERRORS.get(choices.nextInt(FaultDeck.ERRORS.size()));
    final int[] left = {1 + choices.nextInt(FARTHEST_CALL)};
    history.armOnce(call -> call.equals(refused) && --left[0] == 0 ? error : null);
  }

  /** A thread dies, with its heap; another begins. */
  private void replaceThread(final int index) {
    end(threads.get(index));
    threads.set(index, newThread());
  }

  private static ExecutorService newThread() {
    return Executors.newSingleThreadExecutor();
  }

  private static void end(final ExecutorService thread) {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new AssertionError("a thread does not end");
      }
    } catch (final InterruptedException never) {
      throw new AssertionError(never);
    }
  }

  private void on(final int thread, final Runnable act) {
    try {
      threads.get(thread).submit(act).get();
    } catch (final ExecutionException thrown) {
      throw new AssertionError("at step " + steps, thrown.getCause());
    } catch (final InterruptedException never) {
      throw new AssertionError(never);
    }
  }

  // --- making a failing sequence short -----------------------------------------------------------

  /** The shortest sequence that leaving out pieces leads to, and that still fails. */
  static byte[] shrunk(final byte[] failing) {
    byte[] shortest = failing;
    for (int piece = failing.length / 2; piece > 0; piece /= 2) {
      int at = 0;
      while (at < shortest.length) {
        final byte[] shorter = without(shortest, at, piece);
        if (fails(shorter)) {
          shortest = shorter;
        } else {
          at += piece;
        }
      }
    }
    return shortest;
  }

  private static byte[] without(final byte[] bytes, final int at, final int count) {
    final int end = Math.min(bytes.length, at + count);
    final byte[] shorter = new byte[bytes.length - (end - at)];
    System.arraycopy(bytes, 0, shorter, 0, at);
    System.arraycopy(bytes, end, shorter, at, bytes.length - end);
    return shorter;
  }

  private static boolean fails(final byte[] bytes) {
    try {
      run(bytes);
      return false;
    } catch (final AssertionError | RuntimeException failure) {
      return true;
    }
  }

  static String toText(final byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static byte[] parse(final String text) {
    return HexFormat.of().parseHex(text);
  }
}
