package io.quarry.bench.experiment;

import org.apache.commons.rng.UniformRandomProvider;

/** A distribution of block sizes. */
public interface Sizes {

  /** A size in bytes. */
  int next(UniformRandomProvider random);

  /** The mean size in bytes. */
  double mean();
}
