package io.quarry.bench.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The comparison as one page that needs nothing but itself: scripts and styles are in it. */
public final class HtmlReport {

  private static final String TEMPLATE = "report.html";
  private static final String UPLOT_PROPERTIES =
      "/META-INF/maven/org.webjars.npm/uplot/pom.properties";
  private static final String UPLOT = "/META-INF/resources/webjars/uplot/%s/dist/%s";
  private static final Pattern PLACEHOLDER = Pattern.compile("@([A-Z_]+)@");

  private HtmlReport() {}

  /** The text of report.html. */
  public static String of(Comparison comparison) {
    final Map<String, String> parts =
        Map.of(
            "UPLOT_CSS", uplot("uPlot.min.css"),
            "UPLOT_JS", uplot("uPlot.iife.min.js"),
            "SUMMARY", summary(comparison),
            "BARS", Bars.of(comparison),
            "TABLES", tables(comparison),
            "ENVIRONMENT", environment(comparison.environment()),
            "DATA", ResultsFile.toEmbeddableJson(comparison));
    return PLACEHOLDER
        .matcher(resource(TEMPLATE))
        .replaceAll(match -> Matcher.quoteReplacement(part(parts, match.group(1))));
  }

  private static String part(Map<String, String> parts, String name) {
    final String part = parts.get(name);
    if (part == null) {
      throw new IllegalStateException(TEMPLATE + " asks for @" + name + "@, which nobody gives");
    }
    return part;
  }

  private static String summary(Comparison comparison) {
    return Summary.of(comparison).stream()
        .map(sentence -> "<li>" + Html.escape(sentence) + "</li>")
        .collect(Collectors.joining("\n"));
  }

  private static String tables(Comparison comparison) {
    return Tables.of(comparison).stream()
        .map(table -> "<div class=\"scroll\">" + table.toHtml() + "</div>")
        .collect(Collectors.joining("\n"));
  }

  private static String environment(Map<String, Object> environment) {
    return environment.entrySet().stream()
        .map(
            entry ->
                "<dt>"
                    + Html.escape(entry.getKey())
                    + "</dt><dd>"
                    + Html.escape(String.valueOf(entry.getValue()))
                    + "</dd>")
        .collect(Collectors.joining("\n"));
  }

  private static String uplot(String file) {
    final Properties properties = new Properties();
    try (InputStream in = open(UPLOT_PROPERTIES)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return resource(String.format(UPLOT, properties.getProperty("version"), file));
  }

  private static String resource(String name) {
    try (InputStream in = open(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String name) {
    final InputStream in = HtmlReport.class.getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("not on the class path: " + name);
    }
    return in;
  }
}
