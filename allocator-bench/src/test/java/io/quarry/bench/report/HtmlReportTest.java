package io.quarry.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class HtmlReportTest {

  /** Whatever makes a browser fetch something: attributes, styles, scripts. */
  private static final Pattern FETCH =
      Pattern.compile(
          "\\s(src|href|action)\\s*=|<link|<img|<iframe|<object|<embed|@import|url\\(|\\bfetch\\("
              + "|XMLHttpRequest|importScripts|import\\(",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern DATA =
      Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>");

  private final String html = HtmlReport.of(SampleComparison.create());

  @Test
  void nothingIsFetched() {
    final Matcher fetch = FETCH.matcher(html);
    assertThat(fetch.find() ? context(fetch) : "").isEmpty();
  }

  @Test
  void chartsAndTheirStylesAreInside() {
    assertThat(html).contains("var uPlot=function").contains(".u-wrap").doesNotContain("@DATA@");
  }

  @Test
  void dataIsInsideAndSurvivesMarkupInIt() {
    final Matcher data = DATA.matcher(html);
    assertThat(data.find()).isTrue();
    final JsonObject root = JsonParser.parseString(data.group(1)).getAsJsonObject();
    assertThat(root.getAsJsonArray("results")).hasSize(7);
    assertThat(root.getAsJsonObject("environment").get("command").getAsString())
        .isEqualTo("bench compare </script>");
  }

  @Test
  void figuresCanBeReadWithoutScripts() {
    assertThat(html)
        .contains("<td>155</td>")
        .contains("<td>15.5x</td>")
        .contains("a &lt;JDK&gt; &amp; more")
        .contains("because");
  }

  @Test
  void summarySaysWhoIsFasterAndWhoIsSlower() {
    assertThat(Summary.of(SampleComparison.create()))
        .containsExactly(
            "To allocate, touch and free 64 B takes Quarry 10.0 ns and allocateDirect with"
                + " explicit free 155 ns: 15.5x faster.",
            "An operation of the workload churn takes Quarry 400 ns and allocateDirect with"
                + " explicit free 200 ns: 2.00x slower.",
            "quarry: the full cache held 150.0 MiB above the start; 4.0 s after it was cleared,"
                + " without a call, 3.0 MiB were left.");
  }

  private String context(Matcher match) {
    return html.substring(
        Math.max(0, match.start() - 40), Math.min(html.length(), match.end() + 40));
  }
}
