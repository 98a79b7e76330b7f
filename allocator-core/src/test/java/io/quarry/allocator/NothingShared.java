package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.OpenFiles;
import io.quarry.posix.ProcMaps;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * After each test, no shared backing is open or mapped that was not before the class: neither the
 * memory of {@code Backing.sharedMemory()} nor a file, which tests call {@code blocks}. Other
 * classes may leave some, where the kernel is made to refuse the last {@code munmap}.
 */
final class NothingShared implements BeforeAllCallback, AfterEachCallback {
  private static final Pattern BACKING = Pattern.compile("/memfd:quarry.*|.*/blocks( .*)?");

  private Set<String> before;

  /** To be registered with {@code @RegisterExtension} in a static field. */
  NothingShared() {}

  static boolean isBacking(final String path) {
    return BACKING.matcher(path).matches();
  }

  @Override
  public void beforeAll(final ExtensionContext context) {
    before = openAndMapped();
  }

  @Override
  public void afterEach(final ExtensionContext context) {
    assertNothing();
  }

  /** For the middle of a test. */
  void assertNothing() {
    assertThat(before).as("open and mapped before").containsAll(openAndMapped());
  }

  private static Set<String> openAndMapped() {
    final Set<String> all = new TreeSet<>();
    OpenFiles.now()
        .forEach(
            (descriptor, path) -> {
              if (isBacking(path)) {
                all.add("descriptor " + descriptor + ' ' + path);
              }
            });
    for (final ProcMaps.Mapping mapping : ProcMaps.mappings()) {
      if (isBacking(mapping.path())) {
        all.add("mapping 0x" + Long.toHexString(mapping.from()) + ' ' + mapping.path());
      }
    }
    return all;
  }
}
