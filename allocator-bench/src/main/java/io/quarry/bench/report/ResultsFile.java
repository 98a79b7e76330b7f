package io.quarry.bench.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * Writes results as JSON. The shape is what other programs rely on: {@code environment} and {@code
 * results}, each of these with {@code workload}, {@code allocator}, {@code threads} and {@code
 * metrics}. Keys may be added beside them.
 */
public final class ResultsFile {

  /** Beyond this many digits there is only noise. */
  private static final MathContext DIGITS = new MathContext(6);

  private static final double EXACT_INTEGERS = 1L << 53;

  private static final JsonSerializer<Double> NUMBERS = (value, type, context) -> number(value);

  private static final Gson GSON =
      new GsonBuilder()
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .registerTypeAdapter(Double.class, NUMBERS)
          .registerTypeAdapter(double.class, NUMBERS)
          .create();

  /** In a page, {@code <} must not end the script it stands in: escaping stays on. */
  private static final Gson COMPACT =
      new GsonBuilder()
          .registerTypeAdapter(Double.class, NUMBERS)
          .registerTypeAdapter(double.class, NUMBERS)
          .create();

  private ResultsFile() {}

  /** The text of results.json. */
  public static String toJson(Comparison comparison) {
    return GSON.toJson(comparison) + "\n";
  }

  /** The same on one line, safe to stand inside a script element. */
  static String toEmbeddableJson(Object value) {
    return COMPACT.toJson(value);
  }

  private static JsonPrimitive number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < EXACT_INTEGERS) {
      return new JsonPrimitive((long) value);
    }
    return new JsonPrimitive(new BigDecimal(value, DIGITS));
  }
}
