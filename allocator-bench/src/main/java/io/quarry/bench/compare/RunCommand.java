package io.quarry.bench.compare;

import com.google.gson.Gson;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.measure.Measurement;
import io.quarry.bench.workload.Plan;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The child's side: runs one workload on one allocator in this JVM and reports on its output. */
@Command(name = "run", hidden = true, description = "Runs one workload; used by compare.")
final class RunCommand implements Callable<Integer> {

  private static final int ORPHANED = 3;

  @Spec private CommandSpec spec;

  @Option(names = "--workload", required = true)
  private WorkloadKind workload;

  @Option(names = "--allocator", required = true)
  private Peer peer;

  @Option(names = "--seed", required = true)
  private long seed;

  @Option(names = "--plan", required = true)
  private String plan;

  @Override
  public Integer call() throws Exception {
    endWithParent();
    final Gson gson = new Gson();
    final Optional<String> unavailable = peer.unavailable();
    final List<Measurement> measurements =
        unavailable.isPresent()
            ? List.of()
            : workload.workload().run(peer, gson.fromJson(plan, Plan.class), seed);
    final ChildReport report = new ChildReport(collector(), unavailable.orElse(null), measurements);
    spec.commandLine().getOut().println(gson.toJson(report));
    return 0;
  }

  /** The parent holds the other end of standard input and never writes: its end is the parent's. */
  private static void endWithParent() {
    final Thread watch =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  continue;
                }
              } catch (IOException e) {
                // A pipe that cannot be read has nobody at its other end either.
              }
              Runtime.getRuntime().halt(ORPHANED);
            },
            "parent-watch");
    watch.setDaemon(true);
    watch.start();
  }

  private static String collector() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .map(GarbageCollectorMXBean::getName)
        .collect(Collectors.joining(", "));
  }
}
