package io.quarry.posix;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * What a {@link Mapping} knows of itself, and the operations that change it. The account follows
 * the kernel: it changes after a system call has succeeded, and where one may have done half its
 * work before it failed, the system is asked. Not safe for use by several threads.
 */
final class MappingState {

  private final Posix posix;
  private final Optional<FileHandle> file;
  private final long fileOffset;
  private final Set<MapFlag> flags;
  private final long pageBytes;
  private final Guards guards;
  private long address;
  private long length;
  private Pieces pieces;
  private boolean unmapped;

  /** What was mapped by this call, at this address. */
  MappingState(MappingCall made, long address, Guards guards) {
    this.posix = made.posix();
    this.file = made.optionalFile();
    this.fileOffset = made.fileOffset();
    this.flags = made.flags();
    this.pageBytes = made.pageBytes();
    this.guards = guards;
    this.address = address;
    this.length = made.length();
    this.pieces = new Pieces(wholeBytes(), made.protection());
  }

  long address() {
    return address;
  }

  long length() {
    return length;
  }

  boolean isUnmapped() {
    return unmapped;
  }

  boolean isMapped() {
    return !unmapped && !pieces.isEmpty();
  }

  Set<Protection> protection() {
    return pieces.commonProtection(0, wholeBytes());
  }

  List<MappedPart> parts() {
    final List<MappedPart> parts = new ArrayList<>();
    for (Pieces.Piece piece : pieces.all()) {
      final long end = Math.min(piece.end(), length);
      parts.add(
          new MappedPart(
              piece.offset(), address + piece.offset(), end - piece.offset(), piece.protection()));
    }
    return parts;
  }

  /** All that is mapped, in whole pages. */
  List<Pieces.Piece> pieces() {
    return pieces.all();
  }

  void protectAll(Set<Protection> protection) {
    pieces.all().forEach(piece -> protect(piece, protection));
  }

  void protect(long offset, long partLength, Set<Protection> protection) {
    final long whole = requireMappedPages(offset, partLength);
    protect(new Pieces.Piece(offset, whole, Set.of()), protection);
  }

  private void protect(Pieces.Piece part, Set<Protection> protection) {
    try {
      posix.mprotect(address + part.offset(), part.length(), protection);
    } catch (PosixException e) {
      // The kernel may have changed some of the pages before it came to one that it refused.
      for (Pieces.Piece before : pieces.within(part.offset(), part.length())) {
        final Set<Protection> both = EnumSet.noneOf(Protection.class);
        both.addAll(before.protection());
        both.retainAll(protection);
        lookAgain(before, Optional.of(both));
      }
      throw e;
    }
    pieces.set(part.offset(), part.length(), protection);
  }

  /** Replaces what is known of a piece by what the system tells, or else by the guess. */
  private void lookAgain(Pieces.Piece piece, Optional<Set<Protection>> guess) {
    final long from = address + piece.offset();
    final Optional<List<MemoryRange>> told = MemoryRange.within(from, piece.length());
    pieces.remove(piece.offset(), piece.length());
    if (told.isEmpty()) {
      guess.ifPresent(set -> pieces.set(piece.offset(), piece.length(), set));
      return;
    }
    for (MemoryRange range : told.get()) {
      final long low = Math.max(range.from(), from);
      final long high = Math.min(range.to(), from + piece.length());
      pieces.set(low - address, high - low, range.protection());
    }
  }

  void unmap(long offset, long partLength) {
    final long whole = requireMappedPages(offset, partLength);
    posix.munmap(address + offset, whole);
    pieces.remove(offset, whole);
    if (pieces.isEmpty()) {
      unmapAll();
    }
  }

  void unmapAll() {
    for (Pieces.Piece piece : pieces.all()) {
      posix.munmap(address + piece.offset(), piece.length());
      pieces.remove(piece.offset(), piece.length());
    }
    guards.unmap();
    unmapped = true;
    file.ifPresent(FileHandle::unmapped);
  }

  void resize(long newLength) {
    final long whole = requireResizable(newLength);
    if (whole != wholeBytes()) {
      address =
          guards.arePresent()
              ? guards.move(address, wholeBytes(), whole, pageBytes)
              : remap(whole, EnumSet.of(RemapFlag.MAYMOVE));
    }
    resized(newLength, whole);
  }

  boolean tryResizeInPlace(long newLength) {
    final long whole = requireResizable(newLength);
    if (whole != wholeBytes()) {
      if (guards.arePresent()) {
        return false;
      }
      try {
        remap(whole, EnumSet.noneOf(RemapFlag.class));
      } catch (PosixException e) {
        if (e.error() == Errno.ENOMEM) {
          return false;
        }
        throw e;
      }
    }
    resized(newLength, whole);
    return true;
  }

  private long remap(long whole, Set<RemapFlag> remapFlags) {
    return posix.mremap(address, wholeBytes(), whole, remapFlags, 0);
  }

  private long requireResizable(long newLength) {
    final long whole = Pages.requireLength("newLength", newLength, pageBytes);
    final List<Pieces.Piece> all = pieces.all();
    if (all.size() != 1 || all.get(0).length() != wholeBytes()) {
      throw new IllegalStateException(
          "only a mapping in one part can be resized, but this one is in "
              + all.size()
              + ": parts of it were unmapped, mapped over or protected differently");
    }
    if (whole > wholeBytes() && file.isEmpty() && !flags.contains(MapFlag.PRIVATE)) {
      throw new UnsupportedOperationException(
          "a shared mapping without a file cannot grow: the memory behind it keeps its size; map a"
              + " file made with FileHandle.inMemory, and resize that first");
    }
    return whole;
  }

  private void resized(long newLength, long whole) {
    pieces = new Pieces(whole, pieces.all().get(0).protection());
    length = newLength;
  }

  /** Lets another mapping take the place of a part, which from then on is no longer this one's. */
  void mapOver(long offset, long partLength, LongUnaryOperator mmap) {
    final long whole = requireMappedPages(offset, partLength);
    try {
      mmap.applyAsLong(address + offset);
    } catch (PosixException e) {
      // Older kernels have unmapped the part by then.
      pieces.within(offset, whole).forEach(piece -> lookAgain(piece, Optional.empty()));
      throw e;
    }
    pieces.remove(offset, whole);
  }

  private long wholeBytes() {
    return Pages.roundUp(length, pageBytes);
  }

  /** Checks that a view can be made, and tells whether it may be written through. */
  boolean isWritableView(long offset, int viewLength) {
    requireMapped(offset, viewLength);
    if (viewLength == 0) {
      return true;
    }
    final Set<Protection> common = pieces.commonProtection(offset, viewLength);
    if (!common.contains(Protection.READ)) {
      throw new IllegalStateException(
          range(offset, viewLength)
              + " may not be read: its protection is "
              + common
              + "; call protect to change that");
    }
    file.ifPresent(handle -> requireBehind(handle, offset, viewLength));
    return common.contains(Protection.WRITE);
  }

  private void requireBehind(FileHandle handle, long offset, long viewLength) {
    final long touchable = handle.touchableBytes() - fileOffset;
    if (offset + viewLength > touchable) {
      throw new IndexOutOfBoundsException(
          range(offset, viewLength)
              + " reaches beyond the last page of "
              + handle
              + ": only the first "
              + Math.max(0, touchable)
              + " bytes of the mapping have a file behind them, and to touch others is a SIGBUS;"
              + " make the file longer first, with FileHandle.resize");
    }
  }

  /** Checks that a part consists of whole pages that are mapped, and rounds its length up. */
  long requireMappedPages(long offset, long partLength) {
    final long whole = Pages.requirePart(offset, partLength, length, pageBytes);
    requireMapped(offset, partLength);
    return whole;
  }

  /** Checks that every byte of a part is mapped. */
  void requireMapped(long offset, long partLength) {
    Pages.requireWithin(offset, partLength, length);
    final long gap = pieces.firstGap(offset, partLength);
    if (gap >= 0) {
      throw new IllegalStateException(
          range(offset, partLength) + " is not mapped any more from offset " + gap + " on");
    }
  }

  private String range(long offset, long partLength) {
    return "the range with offset " + offset + " and length " + partLength + " of this mapping";
  }

  /** Throws if the whole is unmapped. */
  void requireNotUnmapped() {
    if (unmapped) {
      throw new IllegalStateException(
          "this mapping of "
              + length
              + " bytes at 0x"
              + Long.toHexString(address)
              + " is unmapped");
    }
  }
}
