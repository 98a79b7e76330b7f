package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quarry.child.ChildJvm;
import io.quarry.child.ForkProbe;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What else a memory manager needs: locking, core dumps, forks, names. */
@EnabledOnOs(OS.LINUX)
final class LockAndAdviceTest {

  @RegisterExtension final NothingLeft left = new NothingLeft();
  private final CountingPosix posix = left.posix();
  private final int page = posix.pageSize();

  private ProcMaps.Mapping seen(Mapping mapping) {
    return ProcMaps.mappingAt(mapping.address()).orElseThrow();
  }

  /** Guarded, so that the kernel does not join it with a neighbour. */
  private Mapping map(long pages) {
    return Mapping.anonymous(pages * page).guarded().posix(posix).map();
  }

  @Test
  void lockedPagesAreInMemoryAndStayThere() {
    try (Mapping mapping = map(8)) {
      mapping.lock();

      assertThat(mapping.residentPages().cardinality()).isEqualTo(8);
      assertThat(seen(mapping).lockedBytes()).isEqualTo(8L * page);
      assertThatThrownBy(() -> mapping.advise(Advice.DONTNEED))
          .hasMessageContaining("EINVAL (22)")
          .hasMessageContaining("the pages are locked");
      mapping.unlock();
      assertThat(seen(mapping).lockedBytes()).isZero();
      mapping.advise(Advice.DONTNEED);
      assertThat(mapping.residentPages().cardinality()).isZero();
    }
  }

  @Test
  void pagesAreLockedAsTheyAreTouched() {
    try (Mapping mapping = map(8)) {
      mapping.lock(LockFlag.ONFAULT);

      assertThat(mapping.residentPages().cardinality()).isZero();
      mapping.byteBuffer().put(3 * page, (byte) 1);
      assertThat(seen(mapping).lockedBytes()).isEqualTo(page);
    }
  }

  @Test
  void memoryStaysOutOfCoreDumps() {
    try (Mapping mapping = map(4)) {
      mapping.advise(Advice.DONTDUMP);
      assertThat(seen(mapping).vmFlags()).contains("dd");
      mapping.advise(Advice.DODUMP);
      assertThat(seen(mapping).vmFlags()).doesNotContain("dd");
    }
  }

  @Test
  void aForkedChildDoesNotInheritIt() {
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
    arguments.add(ForkProbe.class.getName());

    final ChildJvm.Result result = ChildJvm.run(arguments);

    assertThat(result.lines()).containsExactly("inherited true", "kept false");
  }

  @Test
  void memoryIsNamedWhereTheKernelCan() {
    try (Mapping mapping = map(4)) {
      final PosixException refused =
          catchThrowableOfType(PosixException.class, () -> mapping.name("cache of prices"));
      if (refused == null) {
        assertThat(seen(mapping).path()).isEqualTo("[anon:cache of prices]");
        mapping.name("");
        assertThat(seen(mapping).path()).isEmpty();
      } else {
        assertThat(refused.error()).isEqualTo(Errno.EINVAL);
        assertThat(refused)
            .hasMessageContaining("this kernel cannot name anonymous memory (CONFIG_ANON_VMA_NAME");
      }
      for (String name : List.of("x".repeat(80), "ä", "a\nb", "[a", "a]", "$a", "`", "\\", "\0")) {
        assertThatThrownBy(() -> mapping.name(name))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageStartingWith("name must be at most 79 printable characters of ASCII");
      }
    }
  }

  @Test
  void adviceOfWhichViewsWouldKnowNothingIsRefused() {
    try (Mapping mapping = map(4)) {
      assertThatThrownBy(() -> mapping.advise(Advice.GUARD_INSTALL))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("use protect(offset, length) without any protection");
      assertThatThrownBy(() -> mapping.advise(0, page, Advice.GUARD_INSTALL))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
