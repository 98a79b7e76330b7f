package io.quarry.allocator;

import java.util.Locale;

/**
 * Sizes in bytes, written for people. The same on every machine: {@link Locale#ROOT} throughout.
 *
 * <p>Stateless, and so safe for use by several threads.
 */
final class ByteSizes {

  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private ByteSizes() {}

  /**
   * A size in the largest binary unit of which it holds at least one, with one decimal: {@code "1.5
   * MiB"}. Below 1 KiB it is exact: {@code "512 B"}.
   */
  static String format(long bytes) {
    // A double from the start: the magnitude of Long.MIN_VALUE is no long.
    double value = Math.abs((double) bytes);
    int unit = 0;
    // From 1023.95 on, one decimal would be written as 1024.0 of the smaller unit.
    while (value >= (unit == 0 ? 1024 : 1023.95) && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    final String sign = bytes < 0 ? "-" : "";
    final String digits = String.format(Locale.ROOT, unit == 0 ? "%.0f" : "%.1f", value);
    return sign + digits + " " + UNITS[unit];
  }

  /** A number with its thousands separated: {@code "1,572,864"}. */
  static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** A share of 0 to 1 as a percentage with one decimal: {@code "87.5%"}. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f%%", 100 * share);
  }
}
