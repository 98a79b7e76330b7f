package io.quarry.child;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a JVM of the same version as this one to its end. */
public final class ChildJvm {

  private static final long TIMEOUT_SECONDS = 60;

  private ChildJvm() {}

  /**
   * How a child ended.
   *
   * @param exitCode 0 if all went well
   * @param lines what it wrote to standard output and standard error
   */
  public record Result(int exitCode, List<String> lines) {}

  /** The class path of this JVM, entry by entry. */
  public static List<String> classPath() {
    return List.of(System.getProperty("java.class.path").split(File.pathSeparator));
  }

  /**
   * The options that let jffi load its library without a warning, and that forbid {@code
   * sun.misc.Unsafe}, as far as this version of Java has them.
   *
   * @param jffi the module that jffi is in, {@code ALL-UNNAMED} on the class path
   */
  public static List<String> strict(String jffi) {
    final int version = Runtime.version().feature();
    final List<String> options = new ArrayList<>();
    if (version >= 22) {
      options.add("--enable-native-access=" + jffi);
    }
    if (version >= 24) {
      options.add("--sun-misc-unsafe-memory-access=deny");
    }
    return options;
  }

  /** Runs {@code java} with these arguments. */
  public static Result run(List<String> arguments) {
    return run(List.of(), arguments);
  }

  /** Runs {@code java} with these arguments, and a command in front of it. */
  public static Result run(List<String> prefix, List<String> arguments) {
    final List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    return execute(command);
  }

  /** Runs a command to its end. */
  public static Result execute(List<String> command) {
    return execute(command, TIMEOUT_SECONDS);
  }

  /** Runs a command to its end, which is to come within so many seconds. */
  public static Result execute(List<String> command, long timeoutSeconds) {
    try {
      final Path output = Files.createTempFile("child", ".txt");
      try {
        final Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
          throw new AssertionError("not done in time: " + command + Files.readAllLines(output));
        }
        return new Result(process.exitValue(), Files.readAllLines(output));
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      return new Result(-1, List.of(e.toString()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
