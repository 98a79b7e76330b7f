package io.quarry.posix;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The call of {@code mmap} that makes a {@link Mapping}, with all but the place settled.
 *
 * @param file null for an anonymous mapping
 * @param length not rounded up
 */
record MappingCall(
    Posix posix,
    FileHandle file,
    long fileOffset,
    long length,
    long pageBytes,
    Set<Protection> protection,
    Set<MapFlag> flags) {

  MappingCall {
    protection = Set.copyOf(protection);
    flags = Collections.unmodifiableSet(new TreeSet<>(flags));
  }

  Optional<FileHandle> optionalFile() {
    return Optional.ofNullable(file);
  }

  private long whole() {
    return Pages.roundUp(length, pageBytes);
  }

  Mapping unguarded(long address, Set<MapFlag> place) {
    return new Mapping(this, mmap(address, place), Guards.none(posix));
  }

  Mapping guarded(long address, Set<MapFlag> place) {
    final Guards guards = reserve(address, place);
    final long inside = guards.inside();
    try {
      mmap(inside, EnumSet.of(MapFlag.FIXED));
    } catch (RuntimeException e) {
      try {
        guards.unmapWithInside(whole());
      } catch (PosixException stillReserved) {
        // Address space is lost, but no memory.
        e.addSuppressed(stillReserved);
      }
      throw e;
    }
    return new Mapping(this, inside, guards);
  }

  Mapping over(Mapping underneath, long offset) {
    final long[] mapped = new long[1];
    underneath.mapOver(
        offset,
        length,
        address -> {
          mapped[0] = mmap(address, EnumSet.of(MapFlag.FIXED));
          return mapped[0];
        });
    return new Mapping(this, mapped[0], Guards.none(posix));
  }

  private Guards reserve(long address, Set<MapFlag> place) {
    final Guards guards;
    try {
      guards = Guards.around(posix, address, place, whole(), pageBytes);
    } catch (PosixException e) {
      throw e.error() == Errno.EEXIST
          ? occupied(e.arguments(), address - pageBytes, whole() + 2 * pageBytes, e)
          : e;
    }
    if (place.contains(MapFlag.FIXED_NOREPLACE) && guards.inside() != address) {
      guards.unmapWithInside(whole());
      throw occupied(address, place);
    }
    return guards;
  }

  private long mmap(long address, Set<MapFlag> place) {
    final long mapped =
        file == null
            ? call(address, place, Posix.NO_FILE)
            : file.mapped(fd -> call(address, place, fd));
    if (place.contains(MapFlag.FIXED_NOREPLACE) && mapped != address) {
      // Linux before 4.17 takes the address for a hint.
      posix.munmap(mapped, whole());
      optionalFile().ifPresent(FileHandle::unmapped);
      throw occupied(address, place);
    }
    return mapped;
  }

  private long call(long address, Set<MapFlag> place, int descriptor) {
    try {
      return posix.mmap(address, whole(), protection, with(place), descriptor, fileOffset);
    } catch (PosixException e) {
      if (e.error() == Errno.EEXIST) {
        throw occupied(e.arguments(), address, whole(), e);
      }
      if (e.error() == Errno.ENOMEM && pageBytes > posix.pageSize()) {
        final PosixException explained =
            new PosixException(e.call(), e.arguments(), e.errno(), HugePages.explain(pageBytes));
        explained.initCause(e);
        throw explained;
      }
      throw e;
    }
  }

  private Set<MapFlag> with(Set<MapFlag> place) {
    final Set<MapFlag> all = EnumSet.copyOf(flags);
    all.addAll(place);
    return all;
  }

  private AddressOccupiedException occupied(long address, Set<MapFlag> place) {
    final String arguments =
        Arguments.mmap(
            address,
            whole(),
            protection,
            with(place),
            file == null ? -1 : file.descriptor(),
            fileOffset);
    return occupied(arguments, address, whole(), null);
  }

  private static AddressOccupiedException occupied(
      String arguments, long address, long length, PosixException cause) {
    final List<MemoryRange> occupants = MemoryRange.within(address, length).orElse(List.of());
    return new AddressOccupiedException(arguments, occupants, cause);
  }
}
