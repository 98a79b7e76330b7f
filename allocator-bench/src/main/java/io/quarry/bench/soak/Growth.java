package io.quarry.bench.soak;

/** Blocks that grow and shrink, from some bytes to some mebibytes, where pages move. */
final class Growth implements Actor {

  private static final double MOST_BYTES = 16 << 20;
  private static final double MOST_GROWTH = 3;
  private static final double LEAST_GROWTH = 0.6;

  private final Part part;
  private final double[] sizes;

  Growth(Part part) {
    this.part = part;
    sizes = new double[part.slots()];
  }

  @Override
  public void step() {
    final int chosen = part.random().nextInt(sizes.length);
    final int index = part.first() + chosen;
    final boolean isOver = sizes[chosen] > MOST_BYTES || part.random().nextInt(16) == 0;
    if (isOver || sizes[chosen] == 0) {
      // Evenly over the orders of magnitude, so that large ones and small ones both begin.
      sizes[chosen] = Math.pow(MOST_BYTES, part.random().nextDouble());
      part.put(index, (long) sizes[chosen]);
    } else {
      final double factor =
          LEAST_GROWTH + (MOST_GROWTH - LEAST_GROWTH) * part.random().nextDouble();
      final long newSize = (long) Math.min(MOST_BYTES, sizes[chosen] * factor) + 1;
      if (part.shelf().resize(part.calls(), index, newSize)) {
        sizes[chosen] = newSize;
      } else {
        part.free(part.any());
      }
    }
  }
}
