package io.quarry.bench.experiment;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The published figures beside this class; README.md there says where they are from. */
final class DataFile {

  private DataFile() {}

  /** The lines of a file, each cut into its fields. */
  static List<String[]> read(String name, String separator) {
    final InputStream in = DataFile.class.getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("not on the class path: " + name);
    }
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return lines.lines().map(line -> line.split(separator)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
