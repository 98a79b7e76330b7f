package io.quarry.bench.cprogram;

import com.google.gson.Gson;
import io.quarry.bench.blocks.Peer;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The child's side of {@code bench native}: runs one loop in this JVM and prints what C prints. */
@Command(name = "loop", hidden = true, description = "Runs one loop; used by native.")
public final class LoopCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--loop", required = true)
  private String loop;

  @Option(names = "--allocator", required = true)
  private String allocator;

  @Option(names = "--warmup-millis", required = true)
  private int warmupMillis;

  @Option(names = "--measure-millis", required = true)
  private int measureMillis;

  @Override
  public Integer call() {
    final double nanos = Loop.of(loop).run(Peer.of(allocator), warmupMillis, measureMillis);
    spec.commandLine().getOut().println(new Gson().toJson(Map.of("nsPerOp", nanos)));
    return 0;
  }
}
