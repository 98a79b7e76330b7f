package io.quarry.bench.report;

import java.util.stream.Collectors;

/** The comparison in the terminal. */
public final class TextReport {

  private TextReport() {}

  /** All tables, then the summary, which then stands last before the eye. */
  public static String of(Comparison comparison) {
    final String tables =
        Tables.of(comparison).stream().map(Table::toText).collect(Collectors.joining("\n"));
    return tables + "\n" + String.join("\n", Summary.of(comparison)) + "\n";
  }
}
