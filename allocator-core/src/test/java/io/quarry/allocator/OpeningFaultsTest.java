package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.quarry.posix.CountingPosix;
import io.quarry.posix.Errno;
import io.quarry.posix.FaultyPosix;
import io.quarry.posix.OpenFiles;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.region.AttachedFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every system call on the way to an allocator on a file, and to somebody else's view of one, made
 * to fail with every error: it works all the same, or it is refused and nothing is left open.
 */
@EnabledOnOs(OS.LINUX)
final class OpeningFaultsTest {
  private static final long MIB = 1L << 20;

  private final CountingPosix kernel = new CountingPosix(Posix.host());
  private final FaultyPosix faulty = new FaultyPosix(kernel);
  private final Map<String, Integer> faults = new TreeMap<>();

  @Test
  void anAllocatorIsBuiltOrLeavesNothing(
      @TempDir(factory = InMemoryDirectory.class) final Path directory) {
    for (final Backing backing :
        List.of(
            Backing.privateMemory(),
            Backing.sharedMemory(),
            Backing.file(directory.resolve("blocks")))) {
      eachCallFails(error -> buildAndUse(backing, error == Errno.EAGAIN));
      assertThat(directory).isEmptyDirectory();
    }
    System.out.println("building allocators, calls failed: " + faults);
    assertThat(faults).containsKeys("memfd_create", "fcntl", "open", "close", "ftruncate", "mmap");
  }

  /** While it is closed, calls fail with one error only: each is logged with a stack trace. */
  private void buildAndUse(final Backing backing, final boolean failsAtTheEnd) {
    final SlabAllocator allocator;
    try {
      allocator =
          SlabAllocator.builder()
              .capacity(16 * MIB)
              .regionSize(2 * MIB)
              .backing(backing)
              .posix(faulty)
              .clock(() -> 0)
              .build();
    } catch (final PosixException refused) {
      faulty.disarm();
      return;
    }
    try {
      final long address = allocator.malloc(100);
      allocator.free(address);
      assertThat(allocator.stats().liveBlocks()).isZero();
    } catch (final OffHeapExhaustedException refused) {
      assertThat(refused.reason()).isEqualTo(OffHeapExhaustedException.Reason.OS_REFUSED);
    } finally {
      if (failsAtTheEnd) {
        allocator.close();
      }
      faulty.disarm();
      allocator.close();
    }
  }

  @Test
  void aFileIsAttachedToOrNothingIsLeft() {
    try (SlabAllocator owner =
        SlabAllocator.builder()
            .capacity(16 * MIB)
            .regionSize(2 * MIB)
            .backing(Backing.sharedMemory())
            .build()) {
      final long offset = owner.offsetOf(owner.malloc(100));
      eachCallFails(error -> attachAndLook(owner.backingPath(), offset));
    }
    System.out.println("attaching, calls failed: " + faults);
    assertThat(faults).containsKeys("open", "lseek", "mmap", "munmap", "close");
  }

  private void attachAndLook(final Path path, final long offset) {
    final AttachedFile file;
    try {
      file = AttachedFile.open(faulty, path, false);
    } catch (final PosixException refused) {
      faulty.disarm();
      return;
    }
    try {
      look(file, offset);
    } catch (final PosixException refused) {
      look(file, offset); // only one call fails: it can be repeated
    }
    try {
      file.close();
    } catch (final PosixException kept) {
      faulty.disarm();
      file.close();
    }
    file.close();
  }

  private static void look(final AttachedFile file, final long offset) {
    assertThat(file.entryAt(offset)).isNotZero();
    assertThat(file.addressOf(offset, 100)).isNotZero();
  }

  // --- in turn -----------------------------------------------------------------------------------

  /** Does something again and again, while its first call fails, its second, and so on. */
  private void eachCallFails(final Consumer<Errno> attempt) {
    final Map<Integer, String> open = OpenFiles.now();
    for (final Errno error : FaultDeck.ERRORS) {
      boolean any = true;
      for (int failing = 0; any; failing++) {
        any = attemptWhere(failing, error, attempt);
        assertThat(OpenFiles.now()).as("open files").isEqualTo(open);
        assertThat(kernel.mappedRanges()).as("mapped").isEmpty();
        if (failing > 1_000) {
          fail("calls without end");
        }
      }
    }
  }

  /** Returns whether there was a call that could be made to fail. */
  private boolean attemptWhere(
      final int failing, final Errno error, final Consumer<Errno> attempt) {
    final List<String> calls = new ArrayList<>();
    faulty.arm(
        call -> {
          calls.add(call);
          return calls.size() - 1 == failing ? error : null;
        });
    try {
      attempt.accept(error);
    } catch (final Throwable thrown) {
      throw new AssertionError(
          "where call " + failing + " of " + calls + " fails with " + error, thrown);
    }
    faulty.disarm();
    if (calls.size() > failing) {
      faults.merge(calls.get(failing), 1, Integer::sum);
      return true;
    }
    return false;
  }
}
