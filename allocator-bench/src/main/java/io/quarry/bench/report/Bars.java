package io.quarry.bench.report;

import java.util.List;
import java.util.Locale;

/** Horizontal bars of nanoseconds for the workloads without sizes: plain HTML, no script. */
final class Bars {

  private Bars() {}

  static String of(Comparison comparison) {
    final StringBuilder html = new StringBuilder();
    comparison.otherResults().stream()
        .map(Result::workload)
        .distinct()
        .forEach(workload -> append(html, comparison, workload));
    return html.toString();
  }

  private static void append(StringBuilder html, Comparison comparison, String workload) {
    final List<Result> results = comparison.of(workload);
    final double longest = results.stream().mapToDouble(Result::nsPerOp).max().orElse(1);
    html.append("<figure class=\"bars\"><figcaption>")
        .append(Html.escape(workload))
        .append("</figcaption>\n");
    for (final Result result : results) {
      html.append(
          String.format(
              Locale.ROOT,
              "<div class=\"bar\"><span class=\"name\">%s</span>"
                  + "<span class=\"track\"><span class=\"fill\" data-series=\"%d\""
                  + " style=\"width:%.2f%%\"></span></span>"
                  + "<span class=\"value\">%s ns</span></div>%n",
              Html.escape(result.allocator()),
              comparison.allocators().indexOf(result.allocator()),
              100 * result.nsPerOp() / longest,
              Units.nanos(result.nsPerOp())));
    }
    html.append("</figure>\n");
  }
}
