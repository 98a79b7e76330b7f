package io.quarry.bench.report;

import io.quarry.bench.measure.RssSample;
import java.util.List;
import java.util.Map;

/** A comparison made up for tests. */
final class SampleComparison {

  private SampleComparison() {}

  static Comparison create() {
    return new Comparison(
        Map.of("jdk", "a <JDK> & more", "command", "bench compare </script>"),
        List.of(
            fixed(64, "quarry", 10),
            fixed(64, "direct", 155),
            fixed(4096, "quarry", 20),
            fixed(4096, "direct", 210),
            result("churn", "quarry", Map.of("nsPerOp", 400.0, "opsPerSecond", 2.5e6)),
            result("churn", "direct", Map.of("nsPerOp", 200.0, "opsPerSecond", 5e6)),
            result(
                "cache",
                "quarry",
                Map.of(
                    "nsPerOp",
                    700.0,
                    "hitRatio",
                    0.8125,
                    "rssBeforeBytes",
                    100.0 * (1 << 20),
                    "rssFilledBytes",
                    250.0 * (1 << 20),
                    "rssAfterIdleBytes",
                    103.0 * (1 << 20),
                    "idleSeconds",
                    4.0))),
        List.of(
            new Series(
                "cache", "quarry", List.of(new RssSample(-1.5, 4321), new RssSample(2, 99)))),
        List.of(new Note("churn", "direct-gc", "because")),
        List.of());
  }

  private static Result fixed(int sizeBytes, String allocator, double nanos) {
    return result(
        "fixed-" + sizeBytes,
        allocator,
        Map.of("nsPerOp", nanos, "sizeBytes", (double) sizeBytes, "rssPeakBytes", 123456789.0));
  }

  private static Result result(String workload, String allocator, Map<String, Double> metrics) {
    return new Result(
        workload,
        allocator,
        1,
        metrics,
        1,
        Map.of(
            "nsPerOp", new Result.Range(metrics.get("nsPerOp") - 1, metrics.get("nsPerOp") + 1)));
  }
}
