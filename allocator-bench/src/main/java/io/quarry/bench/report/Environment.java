package io.quarry.bench.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Where a comparison was made: what somebody needs to judge the figures or to repeat them. */
public final class Environment {

  /** The property with which the script names the state of the sources. */
  private static final String REVISION_PROPERTY = "quarry.bench.revision";

  private static final String UNKNOWN = "unknown";

  private Environment() {}

  /** As found at this moment, in the order in which it is shown. */
  public static Map<String, Object> ofThisMachine() {
    final Map<String, Object> environment = new LinkedHashMap<>();
    environment.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    environment.put("revision", System.getProperty(REVISION_PROPERTY, UNKNOWN));
    environment.put(
        "jdk",
        System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.runtime.version")
            + ", "
            + System.getProperty("java.vendor"));
    environment.put("cpu", field("/proc/cpuinfo", "model name"));
    environment.put("processors", Runtime.getRuntime().availableProcessors());
    environment.put("memory", field("/proc/meminfo", "MemTotal"));
    environment.put(
        "kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    environment.put("architecture", System.getProperty("os.arch"));
    environment.put("loadAverageAtStart", text("/proc/loadavg"));
    environment.put("transparentHugePages", text("/sys/kernel/mm/transparent_hugepage/enabled"));
    environment.put(
        "transparentHugePageDefrag", text("/sys/kernel/mm/transparent_hugepage/defrag"));
    environment.put("overcommitMemory", text("/proc/sys/vm/overcommit_memory"));
    environment.put("overcommitRatio", text("/proc/sys/vm/overcommit_ratio"));
    environment.put("maxMapCount", text("/proc/sys/vm/max_map_count"));
    return environment;
  }

  private static String text(String file) {
    // Settings of the kernel must be read in one call, into a buffer that is large enough: it
    // answers a second call with the end of the file, and the JDK's readString begins with a byte.
    try (BufferedReader reader = Files.newBufferedReader(Path.of(file))) {
      return String.valueOf(reader.readLine()).strip();
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  private static String field(String file, String name) {
    try (Stream<String> lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(UNKNOWN);
    } catch (IOException e) {
      return UNKNOWN;
    }
  }
}
