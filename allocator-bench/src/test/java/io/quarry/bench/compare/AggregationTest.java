package io.quarry.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarry.bench.measure.Measurement;
import io.quarry.bench.report.Result;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AggregationTest {

  @Test
  void medianIsTheMiddleOrTheMeanOfTheMiddle() {
    assertThat(Aggregation.median(9)).isEqualTo(9);
    assertThat(Aggregation.median(5, 100, 1)).isEqualTo(5);
    assertThat(Aggregation.median(4, 1, 100, 2)).isEqualTo(3);
  }

  @Test
  void forksAreMergedByWorkloadAndAllocatorInTheirOrder() {
    final List<Result> results =
        Aggregation.of(
            List.of(
                fork("churn", "quarry", Map.of("nsPerOp", 10.0)),
                fork("churn", "direct", Map.of("nsPerOp", 200.0)),
                fork("churn", "quarry", Map.of("nsPerOp", 30.0)),
                fork("churn", "quarry", Map.of("nsPerOp", 11.0))));
    assertThat(results).extracting(Result::allocator).containsExactly("quarry", "direct");
    assertThat(results.get(0).nsPerOp()).isEqualTo(11.0);
    assertThat(results.get(0).forks()).isEqualTo(3);
    assertThat(results.get(0).spread()).containsEntry("nsPerOp", new Result.Range(10, 30));
    assertThat(results.get(1).nsPerOp()).isEqualTo(200.0);
  }

  @Test
  void metricThatOnlySomeForksHaveIsTheMedianOfThose() {
    final Result result =
        Aggregation.of(
                List.of(
                    fork("cache", "quarry", Map.of("nsPerOp", 1.0, "idleSeconds", 4.0)),
                    fork("cache", "quarry", Map.of("nsPerOp", 3.0))))
            .get(0);
    assertThat(result.metric("idleSeconds")).isEqualTo(4.0);
    assertThat(result.nsPerOp()).isEqualTo(2.0);
    assertThat(result.metric("absent")).isNaN();
  }

  private static Measurement fork(String workload, String allocator, Map<String, Double> metrics) {
    return new Measurement(workload, allocator, 1, metrics, List.of());
  }
}
