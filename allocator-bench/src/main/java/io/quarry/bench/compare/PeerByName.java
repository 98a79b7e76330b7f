package io.quarry.bench.compare;

import io.quarry.bench.blocks.Peer;
import picocli.CommandLine.ITypeConverter;

/** Any allocator, by its name. */
final class PeerByName implements ITypeConverter<Peer> {

  @Override
  public Peer convert(String value) {
    return Choices.peer(value);
  }
}
