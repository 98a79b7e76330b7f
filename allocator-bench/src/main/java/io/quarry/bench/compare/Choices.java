package io.quarry.bench.compare;

import io.quarry.bench.blocks.Peer;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.TypeConversionException;

/** Turns names of the command line into what they stand for; the errors name value and choices. */
final class Choices {

  /** The allocators that every workload of the comparison can run on. */
  static final List<Peer> PEERS = List.of(Peer.QUARRY, Peer.DIRECT, Peer.DIRECT_GC);

  private Choices() {}

  static Peer comparedPeer(String id) {
    return choose("allocator", id, PEERS.stream());
  }

  static Peer peer(String id) {
    return choose("allocator", id, Stream.of(Peer.values()));
  }

  static WorkloadKind workload(String id) {
    return choose("workload", id, Stream.of(WorkloadKind.values()));
  }

  private static <T> T choose(String what, String id, Stream<T> choices) {
    final List<T> all = choices.toList();
    return all.stream()
        .filter(choice -> choice.toString().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "unknown "
                        + what
                        + " '"
                        + id
                        + "'; choose from "
                        + all.stream().map(Object::toString).collect(Collectors.joining(", "))));
  }
}
