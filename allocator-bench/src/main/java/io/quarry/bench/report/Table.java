package io.quarry.bench.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows and columns: as aligned text, or as HTML. The first column is text, the others are figures.
 */
public final class Table {

  private final String title;
  private final int names;
  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * An empty table.
   *
   * @param names how many of the first columns hold names
   */
  public Table(String title, int names, List<String> header) {
    this.title = title;
    this.names = names;
    this.header = List.copyOf(header);
  }

  /** Adds a row with a cell for each column. */
  public void add(List<String> row) {
    if (row.size() != header.size()) {
      throw new IllegalArgumentException(
          "a row of " + row.size() + " cells in a table of " + header.size() + " columns: " + row);
    }
    rows.add(List.copyOf(row));
  }

  /** Whether it has no row yet. */
  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Columns padded to their widest cell. */
  public String toText() {
    final StringBuilder text = new StringBuilder(title).append('\n');
    appendLine(text, header);
    rows.forEach(row -> appendLine(text, row));
    return text.toString();
  }

  /** A table element with a caption. */
  public String toHtml() {
    final StringBuilder html = new StringBuilder("<table>\n<caption>");
    html.append(Html.escape(title)).append("</caption>\n<thead>");
    appendRow(html, header, "th");
    html.append("</thead>\n<tbody>\n");
    rows.forEach(row -> appendRow(html, row, "td"));
    return html.append("</tbody>\n</table>\n").toString();
  }

  private void appendLine(StringBuilder text, List<String> cells) {
    final StringBuilder line = new StringBuilder();
    for (int column = 0; column < cells.size(); column++) {
      final String cell = cells.get(column);
      final String padding = " ".repeat(width(column) - cell.length());
      line.append("  ").append(column < names ? cell + padding : padding + cell);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  private int width(int column) {
    int width = header.get(column).length();
    for (final List<String> row : rows) {
      width = Math.max(width, row.get(column).length());
    }
    return width;
  }

  private void appendRow(StringBuilder html, List<String> cells, String element) {
    html.append("<tr>");
    for (int column = 0; column < cells.size(); column++) {
      html.append('<')
          .append(element)
          .append(column < names ? " class=\"name\">" : ">")
          .append(Html.escape(cells.get(column)))
          .append("</")
          .append(element)
          .append('>');
    }
    html.append("</tr>\n");
  }
}
