package io.quarry.region;

/**
 * What regions are made and kept by.
 *
 * @param capacityBytes the hard limit on mapped bytes, a multiple of the granule
 * @param regionBytes the size of a region, a power of two
 * @param idlePolicy what becomes of idle granules in the end
 */
public record RegionSettings(long capacityBytes, long regionBytes, IdlePolicy idlePolicy) {

  /** Checks the values. */
  public RegionSettings {
    if (capacityBytes < Geometry.GRANULE_BYTES || capacityBytes % Geometry.GRANULE_BYTES != 0) {
      throw new IllegalArgumentException(
          "capacity " + capacityBytes + ": expected a positive multiple of 64 KiB");
    }
    if (Long.bitCount(regionBytes) != 1
        || regionBytes < Geometry.MIN_REGION_BYTES
        || regionBytes > Geometry.MAX_REGION_BYTES) {
      throw new IllegalArgumentException(
          "region size " + regionBytes + ": expected a power of two from 2 MiB to 1 GiB");
    }
  }

  /** The same, but idle granules are kept. */
  RegionSettings keepingIdle() {
    return new RegionSettings(capacityBytes, regionBytes, IdlePolicy.KEEP);
  }
}
