package io.quarry.bench.compare;

import com.google.gson.Gson;
import io.quarry.bench.blocks.Peer;
import io.quarry.bench.measure.Measurement;
import io.quarry.bench.workload.Plan;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The child's side: runs one workload on one allocator in this JVM and reports on its output. */
@Command(name = "run", hidden = true, description = "Runs one workload; used by compare.")
final class RunCommand implements Callable<Integer> {

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
    ParentWatch.start();
    final Gson gson = new Gson();
    final Optional<String> unavailable = peer.unavailable();
    final List<Measurement> measurements =
        unavailable.isPresent()
            ? List.of()
            : workload.workload().run(peer, gson.fromJson(plan, Plan.class), seed);
    final ChildReport report = ChildReport.of(unavailable.orElse(null), measurements);
    spec.commandLine().getOut().println(gson.toJson(report));
    return 0;
  }
}
