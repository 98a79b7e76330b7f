package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the kernel refuses, a mapping knows afterwards what it has. */
@EnabledOnOs(OS.LINUX)
final class MappingFaultsTest {

  private static final Protection[] READ_WRITE = {Protection.READ, Protection.WRITE};
  private static final int PAGES = 32;

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final CountingPosix posix = left.posix();
  private final FaultyPosix faulty = new FaultyPosix(posix);
  private final int page = posix.pageSize();
  private final List<Mapping> over = new ArrayList<>();

  @Test
  void aRefusedUnmapCanBeRepeated() {
    final Mapping mapping = Mapping.anonymous(4L * page).guarded().posix(faulty).map();
    mapping.unmap(page, page);
    for (int ordinal = 1; ordinal <= 3; ordinal++) {
      faulty.armOnce(Errno.ENOMEM, "munmap", ordinal == 1 ? 1 : 2);
      assertThatThrownBy(mapping::close).hasMessageContaining("munmap(");
    }
    faulty.disarm();
    mapping.close();
    assertThat(mapping.isMapped()).isFalse();
  }

  @Test
  void aRefusedGuardLeavesNothing() {
    faulty.armOnce(Errno.ENOMEM, "mmap", 2);
    assertThatThrownBy(() -> Mapping.anonymous(4L * page).guarded().posix(faulty).map())
        .hasMessageContaining("ENOMEM (12)");
    assertThat(posix.mappedBytes()).isZero();

    faulty.disarm();
    try (Mapping mapping = Mapping.anonymous(4L * page).guarded().posix(faulty).map()) {
      mapping.buffer().putLong(0, 4711);
      faulty.armOnce(Errno.ENOMEM, "mremap", 1);
      assertThatThrownBy(() -> mapping.resize(8L * page)).hasMessageContaining("mremap(");
      assertThat(posix.mappedBytes()).isEqualTo(6L * page);
      assertThat(mapping.buffer().getLong(0)).isEqualTo(4711);
      // The old guards are unmapped late, but unmapped.
      faulty.armOnce(Errno.ENOMEM, "munmap", 1);
      mapping.resize(8L * page);
      assertThat(mapping.buffer().getLong(0)).isEqualTo(4711);
      assertThat(posix.mappedBytes()).isEqualTo(11L * page);
      faulty.disarm();
    }
  }

  @Test
  void aRefusedMappingOfAFileLeavesTheFileClosed() {
    final FileHandle file = FileHandle.inMemory("refused");
    file.resize(page);
    faulty.armOnce(Errno.ENOMEM, "mmap", 1);
    assertThatThrownBy(() -> Mapping.of(file).posix(faulty).map()).hasMessageContaining("ENOMEM");
    file.close();
    assertThat(OpenFiles.now()).doesNotContainValue("/memfd:refused (deleted)");
  }

  @Test
  void aProtectionThatWasHalfChangedIsLookedUp() {
    try (Mapping mapping = Mapping.anonymous(6L * page).posix(posix).map()) {
      // Behind the mapping's back, so that the kernel fails half-way.
      posix.munmap(mapping.address() + 3L * page, page);

      assertThatThrownBy(() -> mapping.protect(0, 6L * page, Protection.READ))
          .hasMessageContaining("ENOMEM (12)");

      assertThat(mapping.byteBuffer(0, 3 * page).isReadOnly()).isTrue();
      assertThatThrownBy(() -> mapping.buffer(3L * page, 1))
          .isInstanceOf(IllegalStateException.class);
      assertThat(mapping.parts().stream().mapToLong(MappedPart::length).sum()).isEqualTo(5L * page);
      for (MappedPart part : mapping.parts()) {
        assertThat(MemoryRange.within(part.address(), part.length()).orElseThrow())
            .allSatisfy(range -> assertThat(range.protection()).isEqualTo(part.protection()));
      }
    }
  }

  /** Random calls, each failing now and then; after each, the account agrees with the kernel's. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void theAccountAgreesWithTheKernels(long seed) {
    final Random random = new Random(seed);
    long refused = 0;
    for (int round = 0; round < 20; round++) {
      faulty.disarm();
      final Mapping mapping =
          round % 2 == 0
              ? Mapping.anonymous((long) PAGES * page).posix(faulty).map()
              : Mapping.anonymous((long) PAGES * page).guarded().posix(faulty).map();
      final long oneIn = 2 + random.nextInt(6);
      faulty.arm(Errno.ENOMEM, (call, n) -> random.nextLong(oneIn) == 0);
      for (int step = 0; step < 25; step++) {
        try {
          step(mapping, random);
        } catch (PosixException | IllegalStateException | IndexOutOfBoundsException e) {
          refused++;
        }
        agree(mapping);
      }
      faulty.disarm();
      mapping.close();
      over.forEach(Mapping::close);
    }
    assertThat(refused).isPositive();
    assertThat(faulty.faults()).isPositive();
  }

  private void step(Mapping mapping, Random random) {
    final int from = random.nextInt(PAGES);
    final long offset = (long) from * page;
    final long length = (long) (1 + random.nextInt(4)) * page;
    switch (random.nextInt(6)) {
      case 0 -> mapping.unmap(offset, length);
      case 1 -> mapping.protect(offset, length, Protection.READ);
      case 2 -> mapping.protect(offset, length, READ_WRITE);
      case 3 -> mapping.protect(offset, length);
      case 4 -> mapping.resize((long) (PAGES + random.nextInt(PAGES)) * page);
      default -> over.add(Mapping.anonymous(length).over(mapping, offset).posix(faulty).map());
    }
  }

  private static void agree(Mapping mapping) {
    for (MappedPart part : mapping.parts()) {
      long bytes = 0;
      for (MemoryRange range : MemoryRange.within(part.address(), part.length()).orElseThrow()) {
        assertThat(range.protection()).isEqualTo(part.protection());
        bytes +=
            Math.min(range.to(), part.address() + part.length())
                - Math.max(range.from(), part.address());
      }
      assertThat(bytes).as("%s", part).isEqualTo(part.length());
    }
  }
}
