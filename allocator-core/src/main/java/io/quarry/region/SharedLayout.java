package io.quarry.region;

import static io.quarry.region.Geometry.GRANULE_BYTES;
import static io.quarry.region.Geometry.GRANULE_SHIFT;

/**
 * How a file that regions stand on is laid out. Whoever has it open finds the run that an offset
 * lies in, and the pieces that it is cut into, with two loads, as {@code SlabDirectory} does for
 * addresses. All values are longs in the byte order of the machine.
 *
 * <pre>
 *  offset in the file
 *   0        +-----------------------------------------------------------+
 *            | magic: "QUARRY" and the version; written last             |
 *   8        | state: OPEN, or CLOSED once the owner has let go          |
 *  16        | process id of the owner                                   |
 *  24        | shift from bytes to granules                              |
 *            | unused                                                    |
 *  64 KiB    +-----------------------------------------------------------+
 *            | root: 262,144 offsets of leaves, 0 where there is none    |
 *   2 MiB    |                                                           |
 *  + 64 KiB  +-----------------------------------------------------------+
 *            | leaves, of one granule each, and ranges of regions, in    |
 *            | the order in which they were needed                       |
 *            +-----------------------------------------------------------+
 *
 *  47-bit offset
 *  +-----------------+---------------------+------------------------+
 *  | 18 bits: place  | 13 bits: place of   | 16 bits: offset within |
 *  | in the root     | entry in the leaf   | the granule            |
 *  +-----------------+---------------------+------------------------+
 *
 *  entry of a granule                                          0: it belongs to no run
 *   63 62        58 57                     29 28                      0
 *  +--+------------+-------------------------+-------------------------+
 *  |1 |     0      | granules of the run     | granules before this    |  the run is one piece
 *  +--+------------+-------------------------+-------------------------+
 *   63 62                  40 39            20 19                      0
 *  +--+----------------------+----------------+------------------------+
 *  |0 | bytes of a piece / 16| granules of    | granules before this   |  equal pieces, and what
 *  |  |                      | the run        |                        |  is left over at the end
 *  +--+----------------------+----------------+------------------------+
 * </pre>
 *
 * <p><b>Ordering.</b> The owner writes an entry with release before it hands out the first piece,
 * and clears it with release before the granules serve anything else; readers read with acquire. A
 * leaf is complete before its offset enters the root, and the header before its magic. The file
 * grows before anything refers to what was added, and never shrinks: no page that was ever there
 * goes away under a reader.
 */
public final class SharedLayout {

  /** The characters {@code QUARRY} and the version, 16 bits. */
  public static final long MAGIC = 0x515541525259_0001L;

  /** The bits of the version. */
  public static final int VERSION_BITS = 16;

  /** What the magic is above the version. */
  public static final long MAGIC_OF_ALL_VERSIONS = MAGIC >>> VERSION_BITS;

  /** Where the magic is. */
  public static final int MAGIC_OFFSET = 0;

  /** Where the state is. */
  public static final int STATE_OFFSET = 8;

  /** Where the process id of the owner is. */
  public static final int OWNER_OFFSET = 16;

  /** Where the shift from bytes to granules is. */
  public static final int GRANULE_SHIFT_OFFSET = 24;

  /** How much of the header is used. */
  public static final int HEADER_BYTES = 32;

  /** The owner uses the file. */
  public static final long OPEN = 1;

  /** The owner has let go of it. */
  public static final long CLOSED = 2;

  /** Where the root begins. */
  public static final int ROOT_OFFSET = (int) GRANULE_BYTES;

  private static final int LEAF_BITS = GRANULE_SHIFT - 3;
  private static final int OFFSET_BITS = 47;

  /** Shift from an offset to its place in the root: a leaf spans 512 MiB. */
  public static final int LEAF_SHIFT = GRANULE_SHIFT + LEAF_BITS;

  /** The bytes of a leaf. */
  public static final int LEAF_BYTES = Long.BYTES << LEAF_BITS;

  private static final int ROOT_BYTES = Long.BYTES << OFFSET_BITS - LEAF_SHIFT;

  /** Where leaves and ranges begin: what every file has at least. */
  public static final int RANGES_OFFSET = ROOT_OFFSET + ROOT_BYTES;

  /** No file is larger: as much as a process can map on most machines. */
  public static final long MAX_FILE_BYTES = 1L << OFFSET_BITS;

  private static final int WIDE_BITS = 29;
  private static final int NARROW_BITS = 20;
  private static final long WIDE_MASK = (1L << WIDE_BITS) - 1;
  private static final long NARROW_MASK = (1L << NARROW_BITS) - 1;
  private static final int PIECE_UNIT_SHIFT = 4;

  private SharedLayout() {}

  // --- where -------------------------------------------------------------------------------------

  /** Where the root has the offset of the leaf for an offset. */
  public static int placeInRoot(final long offset) {
    return ROOT_OFFSET + (int) (offset >>> LEAF_SHIFT) * Long.BYTES;
  }

  /** Where a leaf has the entry of the granule that an offset lies in. */
  public static int placeInLeaf(final long offset) {
    return (int) (offset >>> GRANULE_SHIFT & (1 << LEAF_BITS) - 1) * Long.BYTES;
  }

  // --- entries -----------------------------------------------------------------------------------

  /**
   * The entry of a granule.
   *
   * @param granules of the run
   * @param before how many of them are before this one
   * @param pieceBytes a multiple of 16
   */
  static long entry(final int granules, final int before, final long pieceBytes) {
    if (pieceBytes == Geometry.bytesOf(granules)) {
      return 1L << 63 | (long) granules << WIDE_BITS | before;
    }
    return pieceBytes >>> PIECE_UNIT_SHIFT << 2 * NARROW_BITS
        | (long) granules << NARROW_BITS
        | before;
  }

  /** The granules of the run that an entry stands for. */
  public static long granulesOf(final long entry) {
    return entry < 0 ? entry >>> WIDE_BITS & WIDE_MASK : entry >>> NARROW_BITS & NARROW_MASK;
  }

  /** How many granules of the run are before the one that an entry stands for. */
  public static long granulesBefore(final long entry) {
    return entry & (entry < 0 ? WIDE_MASK : NARROW_MASK);
  }

  /** The bytes of each piece of the run that an entry stands for. */
  public static long pieceBytesOf(final long entry) {
    return entry < 0
        ? Geometry.bytesOf(granulesOf(entry))
        : entry >>> 2 * NARROW_BITS << PIECE_UNIT_SHIFT;
  }
}
