package io.quarry.posix;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is left of a mapping, and what may be done with it: disjoint pieces by offset, in which
 * neighbours of equal protection are one. Offsets and lengths are in bytes and multiples of the
 * page size. Not safe for use by several threads.
 */
final class Pieces {

  /** A run of pages that are mapped with one protection. */
  record Piece(long offset, long length, Set<Protection> protection) {

    Piece {
      protection = Set.copyOf(protection);
    }

    long end() {
      return offset + length;
    }
  }

  private final NavigableMap<Long, Piece> byOffset = new TreeMap<>();

  /** Everything is mapped, with one protection. */
  Pieces(long length, Set<Protection> protection) {
    put(new Piece(0, length, protection));
  }

  boolean isEmpty() {
    return byOffset.isEmpty();
  }

  /** All pieces, lowest offset first. */
  List<Piece> all() {
    return List.copyOf(byOffset.values());
  }

  /** The pieces of a range, cut at its ends; lowest offset first. */
  List<Piece> within(long offset, long length) {
    final List<Piece> found = new ArrayList<>();
    final Long first = byOffset.floorKey(offset);
    final NavigableMap<Long, Piece> from = first == null ? byOffset : byOffset.tailMap(first, true);
    for (Piece piece : from.headMap(offset + length, false).values()) {
      final long low = Math.max(offset, piece.offset());
      final long high = Math.min(offset + length, piece.end());
      if (low < high) {
        found.add(new Piece(low, high - low, piece.protection()));
      }
    }
    return found;
  }

  /** The offset of the first byte of a range that is not mapped; -1 if all of it is. */
  long firstGap(long offset, long length) {
    long next = offset;
    for (Piece piece : within(offset, length)) {
      if (piece.offset() > next) {
        return next;
      }
      next = piece.end();
    }
    return next < offset + length ? next : -1;
  }

  /** What may be done with every byte of a range that is mapped; nothing, if none is. */
  Set<Protection> commonProtection(long offset, long length) {
    final List<Piece> mapped = within(offset, length);
    if (mapped.isEmpty()) {
      return EnumSet.noneOf(Protection.class);
    }
    final Set<Protection> common = EnumSet.allOf(Protection.class);
    for (Piece piece : mapped) {
      common.retainAll(piece.protection());
    }
    return common;
  }

  /** A range is no longer mapped. */
  void remove(long offset, long length) {
    for (Piece piece : List.copyOf(overlapping(offset, length))) {
      byOffset.remove(piece.offset());
      if (piece.offset() < offset) {
        put(new Piece(piece.offset(), offset - piece.offset(), piece.protection()));
      }
      if (piece.end() > offset + length) {
        put(new Piece(offset + length, piece.end() - offset - length, piece.protection()));
      }
    }
  }

  /** A range is mapped, with this protection. */
  void set(long offset, long length, Set<Protection> protection) {
    remove(offset, length);
    Piece joined = new Piece(offset, length, protection);
    final Piece before = valueOf(byOffset.lowerEntry(offset));
    if (before != null
        && before.end() == offset
        && before.protection().equals(joined.protection())) {
      joined = new Piece(before.offset(), before.length() + length, protection);
    }
    final Piece after = byOffset.get(offset + length);
    if (after != null && after.protection().equals(joined.protection())) {
      byOffset.remove(after.offset());
      joined = new Piece(joined.offset(), joined.length() + after.length(), protection);
    }
    put(joined);
  }

  private List<Piece> overlapping(long offset, long length) {
    return byOffset.values().stream()
        .filter(piece -> piece.offset() < offset + length && piece.end() > offset)
        .toList();
  }

  private static Piece valueOf(Map.Entry<Long, Piece> entry) {
    return entry == null ? null : entry.getValue();
  }

  private void put(Piece piece) {
    byOffset.put(piece.offset(), piece);
  }
}
