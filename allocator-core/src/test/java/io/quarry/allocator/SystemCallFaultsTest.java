package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.quarry.posix.Errno;
import io.quarry.posix.FaultyPosix;
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

/** Every system call made to fail at every place it is made from, again and again. */
@EnabledOnOs(OS.LINUX)
final class SystemCallFaultsTest {

  private static final String REGION_PACKAGE = Regions.class.getPackageName() + ".";
  private static final List<String> CALLS = List.of("mmap", "munmap", "madvise", "mremap");
  private static final List<String> SHARED_CALLS =
      List.of("mmap", "munmap", "madvise", "ftruncate", "fallocate");

  /** Of mremap only those that leave the destination alone: see what the others do below. */
  private static final List<Errno> ERRORS =
      List.of(Errno.ENOMEM, Errno.EEXIST, Errno.EAGAIN, Errno.EINVAL, Errno.EPERM);

  private static final int SINGLE_FAULTS = 240;
  private static final int OUTAGES = 60;

  /**
   * Fewer, since what is fallen back on is the same; and fewest on a disk, which takes its time.
   */
  private static final int SHARED_SINGLE_FAULTS = 96;

  private static final int SHARED_OUTAGES = 24;
  private static final int ON_A_FILE_EACH = 4;

  /** Where a call failed, such as {@code "munmap at Mapper:161"}. */
  private final Set<String> sites = new TreeSet<>();

  /** The same with the way that led there. */
  private final Set<String> ways = new TreeSet<>();

  @Test
  void nothingIsLostWhereverTheKernelRefuses() {
    int refusals = 0;
    for (int seed = 1; seed <= SINGLE_FAULTS; seed++) {
      refusals += singleFaults(seed, Backing.privateMemory(), CALLS);
    }
    for (int seed = 1; seed <= OUTAGES; seed++) {
      refusals += outages(seed, Backing.privateMemory(), CALLS);
    }
    System.out.printf(
        "system calls failed at %d sites, reached in %d ways; %d requests were refused%n",
        sites.size(), ways.size(), refusals);
    assertThat(refusals).isPositive();
    assertThat(sites).isEqualTo(sitesIn(CALLS, "Mapper", "AnonymousPages"));
  }

  @Test
  void nothingIsLostOnSharedMemoryAndOnAFile(
      @TempDir(factory = InMemoryDirectory.class) final Path directory) {
    final Backing file = Backing.file(directory.resolve("blocks"));
    int refusals = 0;
    for (int seed = 1; seed <= SHARED_SINGLE_FAULTS; seed++) {
      final Backing backing = seed % ON_A_FILE_EACH == 0 ? file : Backing.sharedMemory();
      refusals += singleFaults(seed, backing, SHARED_CALLS);
    }
    for (int seed = 1; seed <= SHARED_OUTAGES; seed++) {
      final Backing backing = seed % ON_A_FILE_EACH == 0 ? file : Backing.sharedMemory();
      refusals += outages(seed, backing, SHARED_CALLS);
    }
    System.out.printf(
        "shared: system calls failed at %d sites, reached in %d ways; %d requests were refused%n",
        sites.size(), ways.size(), refusals);
    assertThat(refusals).isPositive();
    assertThat(directory).isEmptyDirectory();
    assertThat(sites).containsAll(sitesIn(SHARED_CALLS, "Mapper", "SharedFile"));
  }

  /** The n-th call of one kind fails, then the next n-th, while the history goes on. */
  private int singleFaults(final int seed, final Backing backing, final List<String> calls) {
    final Random random = new Random(seed);
    final FaultHistory history = new FaultHistory(seed, backing);
    history.steps(30);
    for (int round = 0; round < 6; round++) {
      final String call = calls.get((seed + round) % calls.size());
      final long ordinal = 1 + random.nextInt(round < 3 ? 2 : 8);
      history.arm(errorFor(call, random), recorded((name, n) -> name.equals(call) && n == ordinal));
      history.steps(25);
      history.heal();
      history.checkResident();
    }
    history.everythingWorksAgain();
    if (seed % 60 == 0) { // rarely: it is logged with a stack trace
      history.arm(errorFor("munmap", random), recorded((name, n) -> n == 1));
    }
    history.close();
    return history.refusals;
  }

  /** Some or all calls fail for a while. */
  private int outages(final int seed, final Backing backing, final List<String> calls) {
    final Random random = new Random(-seed);
    final FaultHistory history = new FaultHistory(1_000 + seed, backing);
    for (int round = 0; round < 4; round++) {
      history.steps(20 + random.nextInt(30));
      final int share = 1 + random.nextInt(4);
      final String call = calls.get(random.nextInt(calls.size()));
      final boolean all = random.nextBoolean();
      history.arm(
          errorFor("mremap", random),
          recorded((name, n) -> (all || name.equals(call)) && n % share == 0));
      history.steps(20 + random.nextInt(30));
      history.everythingWorksAgain();
    }
    history.close();
    return history.refusals;
  }

  private static Errno errorFor(final String call, final Random random) {
    final int first = call.equals("mremap") ? 3 : 0;
    return ERRORS.get(first + random.nextInt(ERRORS.size() - first));
  }

  private FaultyPosix.Choice recorded(final FaultyPosix.Choice choice) {
    return (call, ordinal) -> {
      final boolean fails = choice.fails(call, ordinal);
      if (fails) {
        record(call);
      }
      return fails;
    };
  }

  private void record(final String call) {
    final List<StackWalker.StackFrame> frames =
        StackWalker.getInstance()
            .walk(
                all ->
                    all.filter(frame -> frame.getClassName().startsWith(REGION_PACKAGE))
                        .collect(Collectors.toList()));
    final StackWalker.StackFrame site = frames.get(0);
    final String type = site.getClassName().substring(REGION_PACKAGE.length());
    sites.add(call + " at " + type + ":" + site.getLineNumber());
    ways.add(
        call
            + frames.stream()
                .map(frame -> frame.getMethodName() + ":" + frame.getLineNumber())
                .collect(Collectors.joining(" < ", " in ", "")));
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
