package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * After each test, {@code /proc/self/maps} and {@code /proc/self/fd} are as they were before it, as
 * far as tests have to do with them. The JVM maps and unmaps memory of its own all the while, which
 * is told from that of tests by a mark: private anonymous memory that comes through {@link
 * #posix()} is given the advice WIPEONFORK, which the JVM has no use for, and which stays with the
 * memory wherever it is cut and moved. All other mappings of tests have a name in the maps.
 */
final class NothingLeft implements BeforeEachCallback, AfterEachCallback {

  /** What class loaders and the JVM itself map. */
  private static final Pattern OF_THE_JVM =
      Pattern.compile(
          ".*\\.jar|.*\\.so[.0-9]*|.*\\.jsa|/tmp/hsperfdata_.*|/usr/lib/locale/.*|"
              + Pattern.quote(System.getProperty("java.home"))
              + ".*|/usr/lib/jvm/.*");

  private final CountingPosix posix;
  private Map<Integer, String> files;
  private Set<String> mappings;

  private NothingLeft(Posix posix) {
    this.posix = new CountingPosix(posix);
  }

  /** To be registered with {@code @RegisterExtension}. */
  NothingLeft() {
    this(new Marking(Posix.host()));
  }

  /**
   * Without the mark, for tests that look at what the mark would change: their anonymous memory is
   * known by the account of {@link #posix()} alone.
   */
  static NothingLeft unmarked() {
    return new NothingLeft(Posix.host());
  }

  /** The kernel, for the mappings of a test. */
  CountingPosix posix() {
    return posix;
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    files = OpenFiles.now();
    mappings = mappings();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    assertThat(OpenFiles.now()).as("open files").isEqualTo(files);
    assertThat(mappings()).as("mappings").isEqualTo(mappings);
    assertThat(posix.mappedRanges()).as("what was mapped and not unmapped").isEmpty();
  }

  private static Set<String> mappings() {
    final List<ProcMaps.Mapping> all = ProcMaps.mappings();
    return all.stream()
        .filter(mapping -> isMarked(mapping) || isFile(mapping))
        .map(mapping -> Long.toHexString(mapping.from()) + ' ' + mapping)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isMarked(ProcMaps.Mapping mapping) {
    return mapping.vmFlags().contains("wf");
  }

  private static boolean isFile(ProcMaps.Mapping mapping) {
    return mapping.path().startsWith("/") && !OF_THE_JVM.matcher(mapping.path()).matches();
  }

  /** Whether a file is mapped anywhere in this process. */
  static boolean isMapped(Path file) {
    return ProcMaps.mappings().stream().anyMatch(m -> m.path().equals(file.toString()));
  }

  /** Marks what cannot be told by name. */
  private static final class Marking extends DelegatingPosix {

    private final Posix host;

    Marking(Posix host) {
      super(host);
      this.host = host;
    }

    @Override
    public long mmap(
        long address,
        long length,
        Set<Protection> protection,
        Set<MapFlag> flags,
        int fileDescriptor,
        long offset) {
      final long result = super.mmap(address, length, protection, flags, fileDescriptor, offset);
      if (flags.contains(MapFlag.PRIVATE)
          && flags.contains(MapFlag.ANONYMOUS)
          && !flags.contains(MapFlag.HUGETLB)) {
        host.madvise(result, length, Advice.WIPEONFORK);
      }
      return result;
    }
  }
}
