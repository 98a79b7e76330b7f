package io.quarry.bench.compare;

import com.google.gson.Gson;
import io.quarry.bench.experiment.Experiments;
import io.quarry.bench.experiment.Setting;
import io.quarry.bench.measure.Measurement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The child's side of {@code bench workload}: plays one experiment in this JVM. */
@Command(name = "play", hidden = true, description = "Plays one experiment; used by workload.")
final class PlayCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--experiment", required = true)
  private String experiment;

  @Option(names = "--setting", required = true)
  private String json;

  @Override
  public Integer call() throws Exception {
    ParentWatch.start();
    final Gson gson = new Gson();
    final Setting setting = gson.fromJson(json, Setting.class);
    final Optional<String> unavailable = setting.peer().unavailable();
    final List<Measurement> measurements =
        unavailable.isPresent() ? List.of() : List.of(Experiments.run(experiment, setting));
    final ChildReport report = ChildReport.of(unavailable.orElse(null), measurements);
    spec.commandLine().getOut().println(gson.toJson(report));
    return 0;
  }
}
