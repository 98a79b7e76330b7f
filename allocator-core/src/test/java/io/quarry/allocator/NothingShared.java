package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.posix.OpenFiles;
import io.quarry.posix.ProcMaps;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * After each test, no shared backing is open or mapped any more: neither the memory of {@code
 * Backing.sharedMemory()} nor a file, which tests call {@code blocks}.
 */
final class NothingShared implements AfterEachCallback {
  private static final Pattern BACKING = Pattern.compile("/memfd:quarry.*|.*/blocks( .*)?");

  /** To be registered with {@code @RegisterExtension}. */
  NothingShared() {}

  static boolean isBacking(final String path) {
    return BACKING.matcher(path).matches();
  }

  @Override
  public void afterEach(final ExtensionContext context) {
    assertNothing();
  }

  /** For the middle of a test. */
  void assertNothing() {
    assertThat(OpenFiles.now().values()).as("open files").noneMatch(NothingShared::isBacking);
    assertThat(ProcMaps.mappings()).as("mappings").noneMatch(mapping -> isBacking(mapping.path()));
  }
}
