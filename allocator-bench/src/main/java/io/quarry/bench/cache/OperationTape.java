package io.quarry.bench.cache;

import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.RejectionInversionZipfSampler;
import org.apache.commons.rng.sampling.distribution.SharedStateDiscreteSampler;
import org.apache.commons.rng.simple.RandomSource;

/**
 * What one thread asks of the cache, drawn beforehand: neither the cost of drawing nor the fate of
 * earlier operations has a part in it, so every allocator sees the same sequence.
 */
final class OperationTape {

  /** Popularity of keys: the exponent that ETC is commonly modelled with. */
  private static final double ZIPF_EXPONENT = 0.99;

  /** 30 GETs to one SET. */
  private static final int OPERATIONS_PER_SET = 31;

  private final int[] keys;

  /** Size of the value to write, should the operation write one; complemented for a SET. */
  private final int[] sizes;

  /**
   * Draws the tape.
   *
   * @param operations its length
   * @param keyCount keys are 1 to this, 1 being the most popular
   */
  OperationTape(int operations, int keyCount, long seed) {
    final UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(seed);
    final SharedStateDiscreteSampler zipf =
        RejectionInversionZipfSampler.of(random, keyCount, ZIPF_EXPONENT);
    this.keys = new int[operations];
    this.sizes = new int[operations];
    for (int i = 0; i < operations; i++) {
      keys[i] = zipf.sample();
      final int sizeBytes = EtcValueSizes.at(random.nextDouble());
      sizes[i] = random.nextInt(OPERATIONS_PER_SET) == 0 ? ~sizeBytes : sizeBytes;
    }
  }

  int length() {
    return keys.length;
  }

  int key(int operation) {
    return keys[operation];
  }

  /** Whether the operation writes without asking; otherwise it reads, and writes after a miss. */
  boolean isSet(int operation) {
    return sizes[operation] < 0;
  }

  int valueBytes(int operation) {
    final int sizeBytes = sizes[operation];
    return sizeBytes < 0 ? ~sizeBytes : sizeBytes;
  }
}
