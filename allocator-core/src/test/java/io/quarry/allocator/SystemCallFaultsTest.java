package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.quarry.posix.Errno;
import io.quarry.posix.Posix;
import io.quarry.region.Regions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every system call made to fail with every error at every place it is made from, again and again.
 * {@code -Dquarry.test.faults} multiplies the number of histories.
 */
@EnabledOnOs(OS.LINUX)
final class SystemCallFaultsTest {

  private static final String REGION_PACKAGE = Regions.class.getPackageName() + ".";
  private static final List<String> CALLS =
      List.of("mmap", "munmap", "madvise", "mremap", "mincore");
  private static final List<String> SHARED_CALLS =
      List.of("mmap", "munmap", "madvise", "mincore", "ftruncate", "fallocate");

  private static final int TIMES = Integer.getInteger("quarry.test.faults", 1);
  private static final int SINGLE_FAULTS = 100 * TIMES;
  private static final int OUTAGES = 40 * TIMES;

  /**
   * Fewer, since what is fallen back on is the same; and fewest on a disk, which takes its time.
   */
  private static final int SHARED_SINGLE_FAULTS = 48 * TIMES;

  private static final int SHARED_OUTAGES = 12 * TIMES;
  private static final int ON_A_FILE_EACH = 6;
  private static final int ROUNDS = 10;

  private int refusals;
  private int repetitions;
  private int moves;

  @Test
  void nothingIsLostWhereverTheKernelRefuses() {
    final FaultDeck deck = new FaultDeck(CALLS);
    for (int seed = 1; seed <= SINGLE_FAULTS; seed++) {
      singleFaults(seed, Backing.privateMemory(), deck);
    }
    for (int seed = 1; seed <= OUTAGES; seed++) {
      outages(seed, Backing.privateMemory(), CALLS, deck);
    }
    report("private memory", deck);
    assertThat(deck.completeSites()).isEqualTo(sitesIn(CALLS, "Mapper", "AnonymousPages"));
  }

  @Test
  void nothingIsLostOnSharedMemoryAndOnAFile(
      @TempDir(factory = InMemoryDirectory.class) final Path directory) {
    final FaultDeck deck = new FaultDeck(SHARED_CALLS);
    final Backing file = Backing.file(directory.resolve("blocks"));
    for (int seed = 1; seed <= SHARED_SINGLE_FAULTS; seed++) {
      singleFaults(seed, seed % ON_A_FILE_EACH == 0 ? file : Backing.sharedMemory(), deck);
    }
    for (int seed = 1; seed <= SHARED_OUTAGES; seed++) {
      final Backing backing = seed % ON_A_FILE_EACH == 0 ? file : Backing.sharedMemory();
      outages(seed, backing, SHARED_CALLS, deck);
    }
    report("shared memory", deck);
    assertThat(directory).isEmptyDirectory();
    assertThat(deck.completeSites()).containsAll(sitesIn(SHARED_CALLS, "Mapper", "SharedFile"));
  }

  private void report(final String what, final FaultDeck deck) {
    System.out.printf(
        "%s: %s  %d requests were refused, %d of them granted when repeated; %d blocks moved%n",
        what, deck.toText(), refusals, repetitions, moves);
    assertThat(refusals).isPositive();
    assertThat(repetitions).isPositive();
    assertThat(moves).isPositive();
  }

  /** One call fails, of those that have not met every error yet, then the next one. */
  private void singleFaults(final int seed, final Backing backing, final FaultDeck deck) {
    final FaultHistory history = new FaultHistory(seed, backing);
    history.steps(30);
    for (int round = 0; round < ROUNDS; round++) {
      history.armOnce(deck::next);
      history.steps(15);
      history.heal();
      history.checkResident();
    }
    history.everythingWorksAgain();
    if (seed % 50 == 0) { // rarely: it is logged with a stack trace
      history.armOnce(call -> call.equals("munmap") ? counted(deck, call, Errno.EAGAIN) : null);
    }
    end(history);
  }

  /** Some or all calls fail for a while. */
  private void outages(
      final int seed, final Backing backing, final List<String> calls, final FaultDeck deck) {
    final Random random = new Random(-seed);
    final FaultHistory history = new FaultHistory(1_000 + seed, backing);
    for (int round = 0; round < 4; round++) {
      history.steps(20 + random.nextInt(30));
      final int share = 1 + random.nextInt(4);
      final String failing = calls.get(random.nextInt(calls.size()));
      final boolean all = random.nextBoolean();
      final Errno error = FaultDeck.ERRORS.get(random.nextInt(FaultDeck.ERRORS.size()));
      final int[] ordinal = new int[1];
      history.arm(
          call ->
              (all || call.equals(failing)) && ++ordinal[0] % share == 0
                  ? counted(deck, call, error)
                  : null);
      history.steps(20 + random.nextInt(30));
      history.everythingWorksAgain();
    }
    end(history);
  }

  private static Errno counted(final FaultDeck deck, final String call, final Errno error) {
    deck.count(call, error);
    return error;
  }

  private void end(final FaultHistory history) {
    history.close();
    refusals += history.refusals;
    repetitions += history.repetitions;
    moves += history.moves;
  }

  private static Set<String> sitesIn(final List<String> calls, final String... types) {
    final JavaClasses region = new ClassFileImporter().importPackagesOf(Regions.class);
    return Arrays.stream(types)
        .flatMap(type -> region.get(REGION_PACKAGE + type).getMethodCallsFromSelf().stream())
        .filter(call -> call.getTargetOwner().isEquivalentTo(Posix.class))
        .filter(call -> calls.contains(call.getName()))
        .map(
            call ->
                call.getName()
                    + " at "
                    + call.getOriginOwner().getSimpleName()
                    + ":"
                    + call.getLineNumber())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
