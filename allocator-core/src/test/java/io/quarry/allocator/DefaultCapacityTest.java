package io.quarry.allocator;

import static io.quarry.allocator.FakeFileSystem.GIB;
import static io.quarry.allocator.FakeFileSystem.MIB;
import static io.quarry.allocator.FakeFileSystem.VERSION_2_MOUNT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DefaultCapacityTest {

  @TempDir private Path root;
  private FakeFileSystem files;

  @BeforeEach
  void setUp() {
    files = new FakeFileSystem(root);
  }

  @Test
  void aLimitLessHeapDirectMemoryAndMargin() {
    limit(16 * GIB).machine(64 * GIB, 40 * GIB);
    final DefaultCapacity capacity = DefaultCapacity.derive(root, 2 * GIB, GIB);
    // 5% of 16 GiB is no whole number of granules.
    final long margin = 16 * GIB / 20;
    assertThat(capacity.bytes()).isEqualTo((13 * GIB - margin) / 65_536 * 65_536);
    assertThat(capacity.derivation())
        .isEqualTo(
            "12.2 GiB: cgroup limit 16.0 GiB (/sys/fs/cgroup/foo/memory.max) less Java heap"
                + " 2.0 GiB, direct memory 1.0 GiB and a margin of 819.2 MiB");
  }

  @Test
  void aLimitThatChangesLaterIsThatOfAllocatorsMadeLater() {
    limit(2 * GIB);
    final DefaultCapacity before = DefaultCapacity.derive(root, 256 * MIB, 256 * MIB);
    limit(GIB);
    final DefaultCapacity after = DefaultCapacity.derive(root, 256 * MIB, 256 * MIB);
    assertThat(after.bytes()).isEqualTo(448 * MIB);
    assertThat(before.bytes()).as("read once").isGreaterThan(GIB);
  }

  @Test
  void theMarginHasALeastSize() {
    limit(512 * MIB);
    final DefaultCapacity capacity = DefaultCapacity.derive(root, 128 * MIB, 128 * MIB);
    assertThat(capacity.bytes()).isEqualTo(192 * MIB);
    assertThat(capacity.derivation()).endsWith("a margin of 64.0 MiB");
  }

  @Test
  void aLimitAboveTheMachinesMemoryIsNone() {
    limit(16 * GIB + 1).machine(16 * GIB, 10 * GIB);
    final DefaultCapacity capacity = DefaultCapacity.derive(root, GIB, GIB);
    assertThat(capacity.bytes()).isEqualTo(5 * GIB);
    assertThat(capacity.derivation())
        .isEqualTo(
            "5.0 GiB: half of the 10.0 GiB available, there being no cgroup limit within the"
                + " machine's 16.0 GiB");
  }

  @Test
  void aLimitOfTheMachinesWholeMemoryCounts() {
    // Containers may be shown their limit as the machine's memory.
    limit(4 * GIB).machine(4 * GIB, 4 * GIB);
    assertThat(DefaultCapacity.derive(root, GIB, GIB).derivation())
        .contains("cgroup limit 4.0 GiB");
  }

  @Test
  void aLimitCountsWhereTheMachinesMemoryIsUnknown() {
    limit(4 * GIB);
    assertThat(DefaultCapacity.derive(root, GIB, GIB).derivation())
        .contains("cgroup limit 4.0 GiB");
  }

  @Test
  void aLimitThatLeavesTooLittleGivesTheMinimumAndSaysSo() {
    limit(256 * MIB);
    final DefaultCapacity capacity = DefaultCapacity.derive(root, 150 * MIB, 10 * MIB);
    assertThat(capacity.bytes()).isEqualTo(DefaultCapacity.MINIMUM_BYTES);
    assertThat(capacity.derivation())
        .isEqualTo(
            "64.0 MiB, the minimum, which may be more than there is: cgroup limit 256.0 MiB"
                + " (/sys/fs/cgroup/foo/memory.max) less Java heap 150.0 MiB, direct memory 10.0"
                + " MiB and a margin of 64.0 MiB leaves only 32.0 MiB");
  }

  @Test
  void maximaThatMeanNoneDoNotOverflow() {
    limit(256 * MIB);
    final DefaultCapacity capacity = DefaultCapacity.derive(root, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(capacity.bytes()).isEqualTo(DefaultCapacity.MINIMUM_BYTES);
    assertThat(capacity.derivation()).endsWith("leaves only 0 B");
  }

  @Test
  void withoutALimitHalfOfWhatIsAvailable() {
    files.machine(16 * GIB, 3 * GIB + 4_096);
    final DefaultCapacity capacity = DefaultCapacity.derive(root, GIB, GIB);
    assertThat(capacity.bytes()).describedAs("rounded down").isEqualTo(3 * GIB / 2);
  }

  @Test
  void anOldKernelSaysOnlyWhatIsFree() {
    files.write("/proc/meminfo", "MemTotal: 4194304 kB\nMemFree: 1048576 kB\n");
    assertThat(DefaultCapacity.derive(root, GIB, GIB).bytes()).isEqualTo(GIB / 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "MemAvailable: lots kB\n", "MemAvailable: 99999999999999999999 kB\n", "\0"})
  void withoutProcAQuarterOfTheMachine(String garbage) {
    files.write("/proc/meminfo", garbage);
    final DefaultCapacity capacity =
        DefaultCapacity.derive(root, GIB, GIB, () -> OptionalLong.of(16 * GIB));
    assertThat(capacity)
        .isEqualTo(new DefaultCapacity(4 * GIB, "4.0 GiB: a quarter of the machine's 16.0 GiB"));
  }

  @Test
  void withoutAnythingTheJavaHeapsMaximum() {
    final DefaultCapacity capacity =
        DefaultCapacity.derive(root, 2 * GIB, GIB, OptionalLong::empty);
    assertThat(capacity.bytes()).isEqualTo(2 * GIB);
    assertThat(capacity.derivation())
        .isEqualTo(
            "2.0 GiB: as much as the Java heap's maximum, the machine's memory being unknown");
  }

  @Test
  void negativeMaximaAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> DefaultCapacity.derive(root, -1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> DefaultCapacity.derive(root, 0, -1));
  }

  @Test
  void thisMachineHasACapacity() {
    final DefaultCapacity capacity = DefaultCapacity.derive();
    assertThat(capacity.bytes()).isGreaterThanOrEqualTo(DefaultCapacity.MINIMUM_BYTES);
    assertThat(capacity.bytes() % 65_536).isZero();
    assertThat(capacity.derivation()).doesNotContain("\n");
  }

  @Test
  void theJvmsOptionsAreRead() throws Exception {
    assertThat(run("-Xmx128m", "-XX:MaxDirectMemorySize=48m"))
        .contains("heap %d direct %d ".formatted(128 * MIB, 48 * MIB));
    // The serial collector keeps one survivor space to itself.
    assertThat(run("-Xmx128m", "-XX:+UseSerialGC")).contains("heap " + 128 * MIB + " ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"java.base", "java.base,java.management"})
  void worksWithoutTheManagementModules(String modules) throws Exception {
    assertThat(run("--limit-modules=" + modules, "-XX:+UseG1GC", "-Xmx128m"))
        .contains("heap %d direct %d machine false".formatted(128 * MIB, 128 * MIB));
  }

  private FakeFileSystem limit(long bytes) {
    return files
        .group("0::/foo\n")
        .mounts(VERSION_2_MOUNT)
        .write("/sys/fs/cgroup/foo/memory.max", bytes);
  }

  /** Runs {@link Report} in a JVM of its own. */
  private static String run(String... options) throws IOException, InterruptedException {
    final ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    builder.command().addAll(List.of(options));
    builder
        .command()
        .addAll(List.of("-cp", System.getProperty("java.class.path"), Report.class.getName()));
    final Process process = builder.redirectErrorStream(true).start();
    final String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).describedAs(output).isZero();
    return output;
  }

  /** Prints what is known of the JVM that it runs in. */
  static final class Report {
    public static void main(String[] arguments) {
      System.out.printf(
          "heap %d direct %d machine %b%n%s%n",
          JvmMemory.maxHeapBytes(),
          JvmMemory.maxDirectBytes(),
          JvmMemory.machineBytes().isPresent(),
          DefaultCapacity.derive().derivation());
    }
  }
}
