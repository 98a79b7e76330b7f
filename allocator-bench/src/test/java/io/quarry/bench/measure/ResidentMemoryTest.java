package io.quarry.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResidentMemoryTest {

  private static final int MIB = 1 << 20;

  @Test
  void readsTheRollup() {
    final List<String> rollup =
        List.of(
            "00400000-7ffd1000 ---p 00000000 00:00 0  [rollup]", "Rss:   884 kB", "Pss: 385 kB");
    assertThat(ResidentMemory.rollupBytes(rollup)).isEqualTo(884 * 1024);
    assertThatThrownBy(() -> ResidentMemory.rollupBytes(List.of("Pss: 1 kB")))
        .hasMessageContaining("no Rss line");
  }

  @Test
  void readsStatm() {
    assertThat(ResidentMemory.statmBytes("1500 221 180 6 0 99 0\n", 4096)).isEqualTo(221 * 4096);
  }

  @Test
  void bothWaysAgree() {
    assertThat(ResidentMemory.quickBytes())
        .isCloseTo(ResidentMemory.exactBytes(), within(16L * MIB));
    assertThat(ResidentMemory.mappings()).isPositive();
  }

  @Test
  void recorderSeesMemoryThatIsTouched() {
    final int bytes = 64 * MIB;
    try (RssRecorder recorder = new RssRecorder(5)) {
      recorder.resetPeak();
      final long before = recorder.peakBytes();
      final ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
      assertThat(recorder.peakBytes() - before).isGreaterThan(bytes - 16L * MIB);
      assertThat(buffer.capacity()).isEqualTo(bytes);
      assertThat(recorder.samples()).isNotEmpty();
      assertThat(recorder.samples())
          .extracting(RssSample::seconds)
          .isSortedAccordingTo(Double::compare);
    }
  }
}
