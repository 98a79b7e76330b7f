package io.quarry.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

final class ResultsFileTest {

  private final String json = ResultsFile.toJson(SampleComparison.create());
  private final JsonObject root = JsonParser.parseString(json).getAsJsonObject();

  @Test
  void environmentStandsFirst() {
    assertThat(root.keySet()).startsWith("environment", "results");
    assertThat(root.getAsJsonObject("environment").get("jdk").getAsString())
        .isEqualTo("a <JDK> & more");
  }

  @Test
  void everyResultHasTheKeysThatOthersRelyOn() {
    assertThat(root.getAsJsonArray("results")).hasSize(7);
    for (final JsonElement element : root.getAsJsonArray("results")) {
      final JsonObject result = element.getAsJsonObject();
      assertThat(result.keySet()).startsWith("workload", "allocator", "threads", "metrics");
      assertThat(result.get("workload").getAsString()).isNotEmpty();
      assertThat(result.get("allocator").getAsString()).isNotEmpty();
      assertThat(result.get("threads").getAsInt()).isPositive();
      assertThat(result.getAsJsonObject("metrics").get("nsPerOp").getAsDouble()).isPositive();
    }
  }

  @Test
  void wholeNumbersAreWrittenInFullAndOthersToSixDigits() {
    assertThat(json).contains("\"rssPeakBytes\": 123456789").contains("\"hitRatio\": 0.8125");
    assertThat(ResultsFile.toEmbeddableJson(new Result.Range(1.0 / 3, 2e9)))
        .isEqualTo("{\"min\":0.333333,\"max\":2000000000}");
  }

  @Test
  void timeSeriesStandBesideTheResults() {
    final JsonObject series = root.getAsJsonArray("series").get(0).getAsJsonObject();
    assertThat(series.get("allocator").getAsString()).isEqualTo("quarry");
    assertThat(series.getAsJsonArray("rss").get(0).getAsJsonObject().get("bytes").getAsLong())
        .isEqualTo(4321);
  }
}
