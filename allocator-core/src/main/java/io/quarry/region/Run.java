package io.quarry.region;

/**
 * Neighbouring granules of one region, handed out together. Made by whoever wants one
 * <em>before</em> it is taken, and filled in by {@link Regions#take}: taking granules then needs no
 * memory of the Java heap, and an {@code OutOfMemoryError} cannot lose any.
 *
 * <p>Written only under the lock of the {@link Regions}.
 */
public final class Run {
  Region region;
  int first;
  int granules;
  boolean pristine;

  /** Takes over what another run stands for, when its owner is replaced by one of another size. */
  public void takeOver(final Run other) {
    region = other.region;
    first = other.first;
    granules = other.granules;
    pristine = other.pristine;
  }

  /**
   * Tells those who have the file of the regions open that the run was cut into equal pieces,
   * before the first of them is handed out. Until the run is given back or changes its length: then
   * it has to be said again. Does nothing if there is no file. To be called under the lock.
   */
  public void describe(final long pieceBytes) {
    region.pages().describe(region.offsetOf(address()), granules, pieceBytes);
  }

  /** The address of the first byte. */
  public long address() {
    return region.addressOf(first);
  }

  /** The number of granules. */
  public int granules() {
    return granules;
  }

  /** The number of bytes. */
  public long bytes() {
    return Geometry.bytesOf(granules);
  }

  /** Whether no byte was ever written since the kernel mapped it, so that all of them are zero. */
  public boolean pristine() {
    return pristine;
  }

  /** The region the run lies in. */
  public Region region() {
    return region;
  }
}
