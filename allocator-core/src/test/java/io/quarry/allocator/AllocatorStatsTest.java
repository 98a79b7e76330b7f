package io.quarry.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AllocatorStatsTest {

  private static final SizeClassStats CLASS_64 =
      new SizeClassStats(64, 2, 131_072, 65_536, 1_024, 1_024, 0, 1_500_000, 1_498_976);
  private static final SizeClassStats CLASS_112_UNUSED =
      new SizeClassStats(112, 0, 0, 0, 0, 0, 0, 77, 77);
  private static final SizeClassStats CLASS_1280 =
      new SizeClassStats(1_280, 1, 65_536, 64_000, 50, 1, 256, 60, 10);
  private static final SizeClassStats LARGE =
      new SizeClassStats(0, 3, 12_582_912, 12_582_912, 3, 0, 0, 5, 2);

  private static final AllocatorStats EXAMPLE =
      new AllocatorStats(
          1L << 30,
          64L << 20,
          13_828_096,
          12_712_448,
          1_077,
          66_816,
          256,
          1_048_576,
          23_456,
          5L << 30,
          3L << 20,
          1L << 20,
          1_500_142,
          1_499_065,
          4,
          1,
          List.of(CLASS_64, CLASS_112_UNUSED, CLASS_1280, LARGE),
          List.of());

  private static final AllocatorStats ZERO =
      new AllocatorStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of(), List.of());

  private static final long MAX = Long.MAX_VALUE;
  private static final AllocatorStats HUGE =
      new AllocatorStats(
          MAX,
          MAX,
          MAX,
          MAX,
          MAX,
          0,
          0,
          0,
          MAX,
          MAX,
          MAX,
          MAX,
          MAX,
          MAX,
          MAX,
          MAX,
          List.of(
              new SizeClassStats(1, MAX, MAX, MAX, MAX, 0, 0, MAX, MAX),
              new SizeClassStats(0, MAX, MAX, MAX, MAX, MAX, 0, MAX, MAX)),
          List.of(site("a\"\\b", MAX)));

  @Test
  void theIdentityIsCheckedAndNamesAllFiveNumbers() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mapped(1_001, 500, 300, 150, 50))
        .withMessage(
            "mappedBytes 1001 is not liveBytes 500 + freeBlockBytes 300 + tailBytes 150"
                + " + idleBytes 50");
    assertThat(mapped(1_000, 500, 300, 150, 50).mappedBytes()).isEqualTo(1_000);
  }

  @Test
  void partsThatAreNegativeOrOverflowDoNotAddUp() {
    assertThatIllegalArgumentException().isThrownBy(() -> mapped(0, 1, -1, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> mapped(-1, -1, 0, 0, 0));
    // In wrapping arithmetic the parts make -2.
    assertThatIllegalArgumentException().isThrownBy(() -> mapped(-2, MAX, MAX, 0, 0));
    // And here they make 2.
    assertThatIllegalArgumentException().isThrownBy(() -> mapped(2, MAX, MAX, 2, 2));
  }

  @Test
  void theListIsCopied() {
    final List<SizeClassStats> classes = new ArrayList<>(List.of(CLASS_64));
    final AllocatorStats stats =
        new AllocatorStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, classes, List.of());
    classes.clear();
    assertThat(stats.sizeClasses()).containsExactly(CLASS_64).isUnmodifiable();
    assertThatNullPointerException()
        .isThrownBy(
            () ->
                new AllocatorStats(
                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, List.of()));
  }

  @Test
  void aSizeClassAddsUp() {
    assertThat(CLASS_1280.freeBlockBytes()).isEqualTo(1_280);
    assertThat(CLASS_1280.isLarge()).isFalse();
    assertThat(CLASS_64.utilisation()).isEqualTo(0.5);
    assertThat(CLASS_112_UNUSED.utilisation()).isZero();
    assertThat(LARGE.isLarge()).isTrue();
    assertThat(LARGE.freeBlockBytes()).isZero();

    assertThatIllegalArgumentException()
        .describedAs("live bytes are not live blocks")
        .isThrownBy(() -> new SizeClassStats(64, 1, 65_536, 65, 1, 1_023, 0, 1, 0))
        .withMessageContaining("size class 64 does not add up");
    assertThatIllegalArgumentException()
        .describedAs("a block is missing")
        .isThrownBy(() -> new SizeClassStats(64, 1, 65_536, 64, 1, 1_022, 0, 1, 0));
    assertThatIllegalArgumentException()
        .describedAs("a large block larger than its slab")
        .isThrownBy(() -> new SizeClassStats(0, 1, 65_536, 65_537, 1, 0, 0, 1, 0));
    assertThatIllegalArgumentException()
        .describedAs("a negative size")
        .isThrownBy(() -> new SizeClassStats(-64, 0, 0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void utilisationIsTheLiveShare() {
    assertThat(mapped(1_000, 500, 300, 150, 50).utilisation()).isEqualTo(0.5);
    assertThat(ZERO.utilisation()).isZero();
    assertThat(HUGE.utilisation()).isEqualTo(1);
  }

  @Test
  void textOfAnExample() {
    assertThat(EXAMPLE.toText())
        .isEqualTo(
            """
            Quarry allocator: 13.2 MiB mapped of 1.0 GiB capacity (1.3%)

              live            12,712,448 B  12.1 MiB   91.9%  1,077 blocks
            + free blocks         66,816 B  65.3 KiB    0.5%  in slabs, not handed out
            + tails                  256 B     256 B    0.0%  ends of slabs, too short for a block
            + idle             1,048,576 B   1.0 MiB    7.6%  kept for reuse
            = mapped          13,828,096 B  13.2 MiB  100.0%  resident memory cannot exceed this

              reserved        67,108,864 B  64.0 MiB          address space, includes what is mapped
              metadata            23,456 B  22.9 KiB          of Java heap, estimated
              unmapped     5,368,709,120 B   5.0 GiB          returned to the kernel so far
              discarded        3,145,728 B   3.0 MiB          pages of slabs in use, given back so far
              refilled         1,048,576 B   1.0 MiB          of these, in use again
              mappings                 4                      at most
              mallocs          1,500,142
              frees            1,499,065
              misuse                   1                      bad frees, and writes, found late

            block size  slabs     mapped      live  live blocks  free blocks  tails  utilisation    mallocs      frees
                  64 B      2  128.0 KiB  64.0 KiB        1,024        1,024    0 B        50.0%  1,500,000  1,498,976
               1,280 B      1   64.0 KiB  62.5 KiB           50            1  256 B        97.7%         60         10
                 large      3   12.0 MiB  12.0 MiB            3            0    0 B       100.0%          5          2
            """);
  }

  @Test
  void textOfNothing() {
    assertThat(ZERO.toText())
        .startsWith("Quarry allocator: 0 B mapped of 0 B capacity\n")
        .contains("= mapped       0 B  0 B  0.0%  ")
        .endsWith("\nno slabs\n")
        .doesNotContain("NaN");
  }

  @Test
  void textLeavesOutClassesWithoutSlabs() {
    final AllocatorStats stats =
        new AllocatorStats(
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 77, 77, 0, 0, List.of(CLASS_112_UNUSED), List.of());
    assertThat(stats.toText()).endsWith("\nno slabs\n");
    assertThat(EXAMPLE.toText()).doesNotContain("112 B");
  }

  @Test
  void textStaysAlignedWithHugeValues() {
    assertThat(HUGE.toText()).contains("9,223,372,036,854,775,807 B  8.0 EiB  100.0%");
    for (final AllocatorStats stats : List.of(ZERO, EXAMPLE, HUGE)) {
      assertThat(stats.toText().lines()).allSatisfy(line -> assertThat(line).doesNotEndWith(" "));
      final List<Integer> tableWidths =
          stats
              .toText()
              .lines()
              .dropWhile(line -> !line.contains("block size"))
              .takeWhile(line -> !line.isEmpty())
              .map(String::length)
              .distinct()
              .toList();
      assertThat(tableWidths).hasSizeLessThanOrEqualTo(1);
    }
  }

  @Test
  void jsonHoldsEveryComponent() throws ReflectiveOperationException {
    for (final AllocatorStats stats : List.of(ZERO, EXAMPLE, HUGE)) {
      final String json = stats.toJson();
      assertThat(json).doesNotContain("\n");
      assertSame(JsonParser.parseString(json), stats);
    }
  }

  private static void assertSame(JsonElement json, Record value)
      throws ReflectiveOperationException {
    final JsonObject object = json.getAsJsonObject();
    final RecordComponent[] components = value.getClass().getRecordComponents();
    assertThat(object.keySet())
        .containsExactly(
            Stream.of(components).map(RecordComponent::getName).toArray(String[]::new));
    for (final RecordComponent component : components) {
      final JsonElement element = object.get(component.getName());
      final Object expected = component.getAccessor().invoke(value);
      if (expected instanceof List<?> list) {
        final JsonArray array = element.getAsJsonArray();
        assertThat(array.size()).isEqualTo(list.size());
        for (int i = 0; i < list.size(); i++) {
          if (list.get(i) instanceof Record) {
            assertSame(array.get(i), (Record) list.get(i));
          } else {
            assertThat(array.get(i).getAsString()).isEqualTo(list.get(i).toString());
          }
        }
      } else {
        assertThat(element.getAsString()).isEqualTo(expected.toString());
      }
    }
  }

  private static AllocatorStats mapped(
      long mappedBytes, long liveBytes, long freeBlockBytes, long tailBytes, long idleBytes) {
    return new AllocatorStats(
        0,
        0,
        mappedBytes,
        liveBytes,
        0,
        freeBlockBytes,
        tailBytes,
        idleBytes,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        List.of(),
        List.of());
  }

  private static AllocationSite site(final String method, final long bytes) {
    return new AllocationSite(1, bytes, List.of(new StackTraceElement("A", method, "A.java", 7)));
  }
}
