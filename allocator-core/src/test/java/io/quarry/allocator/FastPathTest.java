package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.child.ChildJvm;
import io.quarry.child.FastPathProbe;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The fast path of {@code malloc} and {@code free} stays as short as it is. Whoever changes it and
 * makes this test fail has to say in {@code docs/performance.md} what it costs, measured, and what
 * it is good for.
 */
class FastPathTest {
  private static final String ALLOCATOR = "io/quarry/allocator/SlabAllocator";

  /** The compiler does not inline longer methods, however often they are called. */
  private static final int FREQ_INLINE_SIZE = 325;

  private final Bytecode bytecode = new Bytecode(SlabAllocator.class);

  @Test
  void mallocDoesNotGrow() {
    final Bytecode.Count count = bytecode.count(ALLOCATOR, "malloc:(J)J", "Apart");
    assertThat(count.loads()).isLessThanOrEqualTo(13);
    assertThat(count.stores()).isLessThanOrEqualTo(2);
    assertThat(count.branches()).isLessThanOrEqualTo(5);
    assertThat(count.largestBytes()).isLessThan(FREQ_INLINE_SIZE);
    assertThat(count.apart()).containsExactly(ALLOCATOR + ".mallocApart");
    assertThat(count.foreign())
        .containsExactlyInAnyOrder(
            "java/lang/Thread.currentThread",
            "java/lang/Thread.getId",
            "io/quarry/heap/HeapTable.ROW",
            "io/quarry/heap/HeapTable.SLAB",
            "java/lang/invoke/VarHandle.getAcquire",
            "io/quarry/slab/SizeClasses.SMALL_CLASS",
            "java/lang/Long.numberOfTrailingZeros");
  }

  @Test
  void freeDoesNotGrow() {
    final Bytecode.Count count = bytecode.count(ALLOCATOR, "free:(J)V", "Apart");
    assertThat(count.loads()).isLessThanOrEqualTo(13);
    assertThat(count.stores()).isLessThanOrEqualTo(1);
    assertThat(count.branches()).isLessThanOrEqualTo(13);
    assertThat(count.largestBytes()).isLessThan(FREQ_INLINE_SIZE);
    assertThat(count.apart()).containsExactly(ALLOCATOR + ".freeApart");
    assertThat(count.foreign())
        .containsExactlyInAnyOrder(
            "io/quarry/slab/SlabDirectory.SLABS",
            "io/quarry/slab/SlabDirectory.RECENT",
            "java/lang/invoke/VarHandle.getAcquire",
            "java/lang/Thread.currentThread",
            "io/quarry/slab/Slab.WORDS",
            "java/lang/invoke/VarHandle.setRelease");
  }

  @Test
  void theCompilerMakesTheFastPathPartOfTheCallerAndTheSlowPathNot() {
    final List<String> lines = inlined();
    for (final String fast :
        List.of(
            "allocator.SlabAllocator::malloc ",
            "heap.HeapTable::slabAt ",
            "slab.SizeClasses::ofSmall ",
            "slab.Slab::mayTake ",
            "slab.SlabOwner::isActedForBy ",
            "slab.Slab::take ",
            "allocator.SlabAllocator::free ",
            "slab.SlabDirectory::guessAt ",
            "slab.Slab::isFastFor ",
            "slab.SlabOwner::isPartOf ",
            "slab.Slab::freeFast ")) {
      assertThat(lines)
          .filteredOn(line -> line.contains("io.quarry." + fast))
          .isNotEmpty()
          .allMatch(line -> line.matches(".*\\) +(inline \\(hot\\)|accessor)"));
    }
    assertThat(lines).noneMatch(line -> line.contains("Slow "));
  }

  /**
   * What the compiler says about the calls in a loop of pairs, each compilation after the other.
   */
  private static List<String> inlined() {
    final List<String> arguments = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    arguments.addAll(
        List.of(
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-BackgroundCompilation",
            "-XX:-TieredCompilation",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=PrintInlining," + FastPathProbe.class.getName() + "::pairs",
            "-cp",
            String.join(File.pathSeparator, ChildJvm.classPath()),
            FastPathProbe.class.getName()));
    final ChildJvm.Result result = ChildJvm.run(arguments);
    assertThat(result.exitCode()).as("%s", result.lines()).isZero();
    return result.lines();
  }
}
