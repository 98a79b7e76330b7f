package io.quarry.bench.cprogram;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/** The C program with the loops, compiled by the system's compiler. */
final class CProgram implements AutoCloseable {

  private static final String SOURCE = "loops.c";
  private static final String PRELOAD_VARIABLE = "LD_PRELOAD";

  /** The compiler must not know malloc, or it would leave out a pair. */
  private static final List<String> FLAGS =
      List.of("-std=gnu11", "-O2", "-fno-builtin-malloc", "-fno-builtin-free");

  private final Path directory;
  private final Path program;

  private CProgram(Path directory, Path program) {
    this.directory = directory;
    this.program = program;
  }

  /** Why it cannot be compiled here and what to do; empty if it can. */
  static Optional<String> unavailable() {
    final String compiler = compiler();
    try {
      Child.run(new ProcessBuilder(compiler, "--version"));
      return Optional.empty();
    } catch (IOException | IllegalStateException e) {
      return Optional.of(
          "the C compiler '"
              + compiler
              + "' cannot be run ("
              + e.getMessage()
              + "); install gcc or clang, or set CC to one");
    }
  }

  /**
   * Compiles it into a directory of its own.
   *
   * @throws IllegalStateException if the compiler refuses; the message holds what it said
   */
  static CProgram compile() throws IOException {
    final Path directory = Files.createTempDirectory("quarry-bench-");
    final Path source = directory.resolve(SOURCE);
    final CProgram program = new CProgram(directory, directory.resolve("loops"));
    try (InputStream text = CProgram.class.getResourceAsStream(SOURCE)) {
      Files.copy(Objects.requireNonNull(text, SOURCE), source);
    }
    final List<String> command = new ArrayList<>();
    command.add(compiler());
    command.addAll(FLAGS);
    command.addAll(List.of("-o", program.program.toString(), source.toString(), "-ldl"));
    try {
      Child.run(new ProcessBuilder(command));
      return program;
    } catch (IOException | IllegalStateException e) {
      program.close();
      throw e;
    }
  }

  /**
   * Runs a loop on an allocator; nanoseconds an operation, or empty if the system lacks the
   * library.
   *
   * @throws IllegalStateException if the program fails; the message holds what it said
   */
  OptionalDouble run(NativeLibrary library, Loop loop, int warmupMillis, int measureMillis)
      throws IOException {
    final ProcessBuilder builder =
        new ProcessBuilder(
            program.toString(),
            loop.kind(),
            Integer.toString(loop.parameter()),
            Integer.toString(warmupMillis),
            Integer.toString(measureMillis));
    builder.environment().remove(PRELOAD_VARIABLE);
    if (!library.preload().isEmpty()) {
      builder.environment().put(PRELOAD_VARIABLE, library.preload());
    }
    final Report report = new Gson().fromJson(Child.report(builder), Report.class);
    return library.isAt(report.library)
        ? OptionalDouble.of(report.nsPerOp)
        : OptionalDouble.empty();
  }

  /** What it draws for churn: length and hash of slots and sizes. */
  Map<?, ?> draws(int live) throws IOException {
    return new Gson()
        .fromJson(
            Child.report(new ProcessBuilder(program.toString(), "draws", Integer.toString(live))),
            Map.class);
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(program);
    Files.deleteIfExists(directory.resolve(SOURCE));
    Files.deleteIfExists(directory);
  }

  private static String compiler() {
    final String chosen = System.getenv("CC");
    return chosen == null || chosen.isBlank() ? "cc" : chosen;
  }

  /** What the program prints. */
  private static final class Report {
    private double nsPerOp;
    private String library;
  }
}
