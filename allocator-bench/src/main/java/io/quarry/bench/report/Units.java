package io.quarry.bench.report;

import java.util.Locale;

/** Figures as people read them; a figure that was not measured is a dash. */
final class Units {

  static final String ABSENT = "-";

  private static final double KIB = 1024;
  private static final double MIB = KIB * KIB;
  private static final double THOUSAND = 1_000;
  private static final double MILLION = 1_000_000;

  private Units() {}

  /** {@code 64 B}, {@code 4 KiB}, {@code 1 MiB}. */
  static String size(double bytes) {
    if (Double.isNaN(bytes)) {
      return ABSENT;
    }
    if (bytes < KIB) {
      return format("%.0f B", bytes);
    }
    return bytes < MIB ? trimmed(bytes / KIB) + " KiB" : trimmed(bytes / MIB) + " MiB";
  }

  /** Whole mebibytes with one decimal, without the unit. */
  static String mebibytes(double bytes) {
    return Double.isNaN(bytes) ? ABSENT : format("%,.1f", bytes / MIB);
  }

  /** {@code 12.3}, {@code 12,345}: three digits at least, no more than are known. */
  static String nanos(double nanos) {
    if (Double.isNaN(nanos)) {
      return ABSENT;
    }
    return format(nanos < 100 ? "%.1f" : "%,.0f", nanos);
  }

  /** {@code 12.3 ns}, {@code 4.5 µs}, {@code 7.8 ms}. */
  static String duration(double nanos) {
    if (Double.isNaN(nanos)) {
      return ABSENT;
    }
    if (nanos < THOUSAND) {
      return nanos(nanos) + " ns";
    }
    return nanos < MILLION ? nanos(nanos / THOUSAND) + " µs" : nanos(nanos / MILLION) + " ms";
  }

  /** {@code 15.4x}. */
  static String ratio(double ratio) {
    if (Double.isNaN(ratio)) {
      return ABSENT;
    }
    return format(ratio < 10 ? "%.2fx" : "%,.1fx", ratio);
  }

  /** {@code 12.3%}. */
  static String percent(double fraction) {
    return Double.isNaN(fraction) ? ABSENT : format("%.1f%%", fraction * 100);
  }

  /** {@code 0.12}: a share that may be above one, or a little below nothing. */
  static String share(double share) {
    return Double.isNaN(share) ? ABSENT : format("%.3f", share);
  }

  /** Whole numbers; what was not counted is no zero. */
  static String count(double count) {
    return Double.isNaN(count) ? "not counted" : format("%,.0f", count);
  }

  /** {@code 1.23 s}. */
  static String seconds(double seconds) {
    return Double.isNaN(seconds) ? ABSENT : format("%.2f s", seconds);
  }

  /** Operations a second, in millions, without the unit. */
  static String millions(double perSecond) {
    return Double.isNaN(perSecond) ? ABSENT : format("%.2f", perSecond / MILLION);
  }

  private static String trimmed(double value) {
    return value == Math.rint(value) ? format("%.0f", value) : format("%.1f", value);
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
