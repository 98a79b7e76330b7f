package io.quarry.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import io.quarry.allocator.Checks;
import io.quarry.allocator.SlabAllocator;
import io.quarry.posix.NativeMemory;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs tests that leak, and looks how they end. */
class NoLeaksTest {
  private static final String INNER = "quarry.test.noleaks";

  @AfterEach
  void neverAgain() {
    System.clearProperty(INNER);
  }

  private static Map<String, TestExecutionResult> resultsOf(final DiscoverySelector selector) {
    System.setProperty(INNER, "true");
    final Map<String, TestExecutionResult> results = new LinkedHashMap<>();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request().selectors(selector).build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(
                  final TestIdentifier identifier, final TestExecutionResult result) {
                if (identifier.isTest()) {
                  results.put(identifier.getDisplayName(), result);
                }
              }
            });
    return results;
  }

  private static String failureOf(final TestExecutionResult result) {
    return result == null
        ? "was not run"
        : result.getThrowable().map(Throwable::getMessage).orElse("none");
  }

  @Test
  void aTestThatLeaksFailsAndShowsTheStack() {
    final Map<String, TestExecutionResult> results = resultsOf(selectClass(AllKinds.class));
    assertThat(results).hasSize(7);
    assertThat(failureOf(results.get("leavesTwoBlocks()")))
        .startsWith("2 blocks were allocated and never freed\n2 blocks of 200 bytes in all")
        .contains("\tat " + AllKinds.class.getName() + ".leak(NoLeaksTest.java");
    assertThat(failureOf(results.get("closesWithALiveBlock()")))
        .startsWith("1 block was allocated and never freed\n1 block of 50 bytes, allocated by");
    assertThat(failureOf(results.get("writesBehindTheEnd()")))
        .contains("a block was written behind its end: from offset 10 on");
    assertThat(failureOf(results.get("leaksInAnotherThread()"))).contains("\"another\"");
    for (final String clean :
        new String[] {"freesEverything()", "freesAfterwards()", "closesAnArena()"}) {
      assertThat(failureOf(results.get(clean))).as(clean).isEqualTo("none");
    }
  }

  @Test
  void onAMethodItIsOfThatMethodOnly() {
    final Map<String, TestExecutionResult> results = resultsOf(selectClass(OneOfTwo.class));
    assertThat(failureOf(results.get("closesAnArena()"))).startsWith("1 block was");
    assertThat(failureOf(results.get("leaksAsItLikes()"))).isEqualTo("none");
  }

  @Test
  void whatThePropertySaysStays() {
    final String before = System.getProperty("quarry.checks");
    System.setProperty("quarry.checks", "standard");
    try {
      final DiscoverySelector leaking = selectMethod(AllKinds.class, "closesWithALiveBlock");
      assertThat(failureOf(resultsOf(leaking).get("closesWithALiveBlock()"))).isEqualTo("none");
      assertThat(System.getProperty("quarry.checks")).isEqualTo("standard");
    } finally {
      if (before == null) {
        System.clearProperty("quarry.checks");
      } else {
        System.setProperty("quarry.checks", before);
      }
    }
  }

  /** Not for surefire: the tests above run it. */
  @NoLeaks
  @EnabledIfSystemProperty(named = INNER, matches = "true")
  static class AllKinds {
    private static SlabAllocator allocator;
    private long late;

    @BeforeAll
    static void allocateBefore() {
      allocator = SlabAllocator.builder().capacity(64L << 20).build();
      allocator.malloc(1_000); // before any test, and so of none
    }

    @AfterAll
    static void close() {
      allocator.close();
    }

    @AfterEach
    void freeLate() {
      allocator.free(late);
    }

    private static void leak() {
      allocator.malloc(100);
    }

    @Test
    void leavesTwoBlocks() {
      for (int i = 0; i < 2; i++) {
        leak();
      }
    }

    @Test
    void closesWithALiveBlock() {
      try (SlabAllocator own = SlabAllocator.builder().capacity(64L << 20).build()) {
        own.malloc(50);
      }
    }

    @Test
    void writesBehindTheEnd() {
      final long address = allocator.malloc(10);
      NativeMemory.fill(address, 11, (byte) 1);
      allocator.free(address);
    }

    @Test
    void leaksInAnotherThread() throws InterruptedException {
      final Thread other = new Thread(AllKinds::leak, "another");
      other.start();
      other.join();
    }

    @Test
    void freesEverything() {
      allocator.free(allocator.malloc(100));
    }

    @Test
    void freesAfterwards() {
      late = allocator.malloc(100);
    }

    @Test
    void closesAnArena() {
      try (SlabAllocator arena = allocator.newArena(1 << 20)) {
        arena.malloc(100);
      }
    }
  }

  /** Not for surefire: the tests above run it. */
  @EnabledIfSystemProperty(named = INNER, matches = "true")
  static class OneOfTwo {

    private static void closeAnArena() {
      try (SlabAllocator allocator =
              SlabAllocator.builder().capacity(64L << 20).checks(Checks.FULL).build();
          SlabAllocator arena = allocator.newArena(1 << 20)) {
        arena.malloc(100);
      }
    }

    @Test
    @NoLeaks(arenas = true)
    void closesAnArena() {
      closeAnArena();
    }

    @Test
    void leaksAsItLikes() {
      closeAnArena();
    }
  }
}
