package io.quarry.bench.report;

/** The little there is to know about writing HTML. */
final class Html {

  private Html() {}

  /** Text that stands for itself in an element or a quoted attribute. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
