package io.quarry.posix;

import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * How a {@link Mapping} is to be made: every argument that {@code mmap} takes, and what has to be
 * done around the call. Begin with {@link Mapping#anonymous}, {@link Mapping#ofFile} or {@link
 * Mapping#of}; end with {@link #map()}, which can be called repeatedly. Lengths and offsets are in
 * bytes. Not safe for use by several threads.
 */
public final class MappingBuilder {

  /** Nothing may be mapped below: a null pointer has to stay invalid, for the JVM's sake too. */
  private static final long LOWEST_ADDRESS = 1 << 16;

  /** Flags that have a method of their own, and what it is called. */
  private static final Map<MapFlag, String> METHODS =
      Map.of(
          MapFlag.SHARED, "shared()",
          MapFlag.PRIVATE, "copyOnWrite()",
          MapFlag.ANONYMOUS, "Mapping.anonymous(length)",
          MapFlag.FIXED, "over(mapping, offset) or replacing(address)",
          MapFlag.FIXED_NOREPLACE, "at(address)");

  private enum Placement {
    ANYWHERE,
    NEAR,
    AT,
    REPLACING,
    OVER
  }

  private final Path path;
  private final FileHandle handle;
  private long offset;
  private boolean toTheEnd = true;
  private long length;
  private boolean shared;
  private Set<Protection> protection;
  private Set<MapFlag> extraFlags = EnumSet.noneOf(MapFlag.class);
  private Placement placement = Placement.ANYWHERE;
  private long address;
  private Mapping underneath;
  private long offsetUnderneath;
  private boolean guarded;
  private Posix posix;

  private MappingBuilder(Path path, FileHandle handle) {
    this.path = path;
    this.handle = handle;
    this.shared = path != null || handle != null;
    this.protection =
        shared ? EnumSet.of(Protection.READ) : EnumSet.of(Protection.READ, Protection.WRITE);
  }

  MappingBuilder() {
    this(null, null);
  }

  MappingBuilder(Path path) {
    this(require("path", path), null);
  }

  MappingBuilder(FileHandle handle) {
    this(null, require("file", handle));
  }

  private static <T> T require(String name, T value) {
    if (value == null) {
      throw new IllegalArgumentException(name + " must not be null");
    }
    return value;
  }

  /** Where in the file the mapping begins: a multiple of the page size. Initially 0. */
  public MappingBuilder offset(long offset) {
    this.offset = offset;
    return this;
  }

  /**
   * How much to map, 1 or more; initially all of the file from the offset on. The kernel maps whole
   * pages. A file's mapping may reach beyond the end of the file, so that the file can grow into
   * it; views cannot.
   */
  public MappingBuilder length(long length) {
    this.length = length;
    toTheEnd = false;
    return this;
  }

  /** Writes are seen by every process that maps the same, and reach the file if there is one. */
  public MappingBuilder shared() {
    shared = true;
    return this;
  }

  /**
   * Writes are this mapping's own: a page is copied when it is first written, and the file stays as
   * it is. Whether others' writes to the file are seen in pages that were not written here is up to
   * the system; on Linux they are.
   */
  public MappingBuilder copyOnWrite() {
    shared = false;
    return this;
  }

  /** What may be done with the memory; nothing, if none is given. */
  public MappingBuilder protection(Protection... protection) {
    this.protection = EnumSet.noneOf(Protection.class);
    this.protection.addAll(Arrays.asList(protection));
    return this;
  }

  /**
   * Further flags. Those that say what is mapped, and where, have methods of their own and are
   * refused here.
   */
  public MappingBuilder flags(MapFlag... flags) {
    final Set<MapFlag> set = EnumSet.noneOf(MapFlag.class);
    set.addAll(Arrays.asList(flags));
    for (MapFlag flag : set) {
      if (METHODS.containsKey(flag)) {
        throw new IllegalArgumentException(
            "flags must not contain " + flag + ": call " + METHODS.get(flag));
      }
    }
    extraFlags = set;
    return this;
  }

  /** Maps at or near an address if the kernel sees fit, elsewhere if not. */
  public MappingBuilder near(long address) {
    return place(Placement.NEAR, address);
  }

  /**
   * Maps at an address, a multiple of the page size, and replaces nothing: if something lies there,
   * {@link #map()} throws {@link AddressOccupiedException}. Linux only.
   */
  public MappingBuilder at(long address) {
    return place(Placement.AT, address);
  }

  /**
   * Maps at an address, a multiple of the page size, and <b>unmaps whatever lies there, be it the
   * Java heap or a thread's stack</b>: only for memory that the caller knows to be its own and that
   * no {@link Mapping} has. Otherwise use {@link #at}, or {@link #over}, which can do no harm.
   */
  public MappingBuilder replacing(long address) {
    return place(Placement.REPLACING, address);
  }

  /**
   * Maps over a part of another mapping, which then no longer has that part: reserve an address
   * range with {@code Mapping.anonymous(length).protection()}, and fill it piece by piece. The two
   * are unmapped separately; views of the part must not be used any more.
   *
   * @param offset in the other mapping, a multiple of its page size
   */
  public MappingBuilder over(Mapping mapping, long offset) {
    placement = Placement.OVER;
    underneath = require("mapping", mapping);
    offsetUnderneath = offset;
    return this;
  }

  private MappingBuilder place(Placement wanted, long wantedAddress) {
    if (wantedAddress < LOWEST_ADDRESS) {
      throw new IllegalArgumentException(
          "address must be 0x10000 or more, as nothing is to be mapped where null points to, but is"
              + (wantedAddress < 0 ? " negative: 0x" : " 0x")
              + Long.toHexString(wantedAddress));
    }
    placement = wanted;
    address = wantedAddress;
    return this;
  }

  /** Puts a page without access before and behind the mapping. */
  public MappingBuilder guarded() {
    guarded = true;
    return this;
  }

  /** Makes all system calls through this; initially {@link Posix#host()}. */
  public MappingBuilder posix(Posix posix) {
    this.posix = require("posix", posix);
    return this;
  }

  /**
   * Maps.
   *
   * @throws IllegalArgumentException if the arguments make no sense
   * @throws AddressOccupiedException if something lies where {@link #at} wants the mapping
   * @throws PosixException if the kernel refuses; the message says why where that can be known
   * @throws UnsupportedOperationException if this platform lacks something that was asked for
   */
  public Mapping map() {
    final Posix calls = posix == null ? Posix.host() : posix;
    Pages.requireMultiple("offset", offset, calls.pageSize());
    if (path == null) {
      return map(calls, handle);
    }
    final OpenFlag access =
        shared && protection.contains(Protection.WRITE) ? OpenFlag.RDWR : OpenFlag.RDONLY;
    // The mapping keeps the file open; nobody else does.
    try (FileHandle opened =
        FileHandle.open(calls, path, EnumSet.noneOf(PosixFilePermission.class), access)) {
      return map(calls, opened);
    }
  }

  private Mapping map(Posix calls, FileHandle file) {
    final Set<MapFlag> flags = flags(file != null);
    final long pageBytes = pageBytes(calls, file);
    final long wanted = toTheEnd ? restOf(file) : length;
    final long whole = Pages.requireLength("length", wanted, pageBytes);
    if (offset > Long.MAX_VALUE - whole) {
      throw new IllegalArgumentException(
          "offset and length must not exceed 2^63 bytes together, but are "
              + offset
              + " and "
              + wanted);
    }
    final MappingCall call =
        new MappingCall(calls, file, offset, wanted, pageBytes, protection, flags);
    return switch (placement) {
      case ANYWHERE -> guarded ? call.guarded(0, Set.of()) : call.unguarded(0, Set.of());
      case NEAR -> guarded ? call.guarded(address, Set.of()) : call.unguarded(address, Set.of());
      case AT -> {
        requireAddress(pageBytes, whole);
        final Set<MapFlag> exactly = EnumSet.of(MapFlag.FIXED_NOREPLACE);
        yield guarded ? call.guarded(address, exactly) : call.unguarded(address, exactly);
      }
      case REPLACING -> {
        requireAddress(pageBytes, whole);
        requireNoGuards("replacing(address)");
        yield call.unguarded(address, EnumSet.of(MapFlag.FIXED));
      }
      case OVER -> {
        requireNoGuards("over(mapping, offset)");
        yield call.over(underneath, offsetUnderneath);
      }
    };
  }

  private Set<MapFlag> flags(boolean ofFile) {
    final Set<MapFlag> flags = EnumSet.noneOf(MapFlag.class);
    flags.addAll(extraFlags);
    if (!flags.contains(MapFlag.SHARED_VALIDATE)) {
      flags.add(shared ? MapFlag.SHARED : MapFlag.PRIVATE);
    }
    if (!ofFile) {
      flags.add(MapFlag.ANONYMOUS);
    }
    return flags;
  }

  private long pageBytes(Posix calls, FileHandle file) {
    final long unit =
        HugePages.unit(
            calls,
            extraFlags.contains(MapFlag.HUGETLB),
            extraFlags.contains(MapFlag.HUGE_2MB),
            extraFlags.contains(MapFlag.HUGE_1GB));
    return file == null ? unit : Math.max(unit, file.pageBytes());
  }

  private long restOf(FileHandle file) {
    final long size = file.size();
    if (size <= offset) {
      throw new IllegalArgumentException(
          "length must be given, or the file be longer than the offset, "
              + offset
              + ", but "
              + file
              + " has "
              + size
              + " bytes: make it longer with FileHandle.resize");
    }
    return size - offset;
  }

  private void requireAddress(long pageBytes, long whole) {
    Pages.requireMultiple("address", address, pageBytes);
    if (address > Long.MAX_VALUE - whole) {
      throw new IllegalArgumentException(
          "address and length must not exceed 2^63 together, but are 0x"
              + Long.toHexString(address)
              + " and "
              + whole);
    }
  }

  private void requireNoGuards(String method) {
    if (guarded) {
      throw new IllegalArgumentException(
          "guarded() cannot be combined with "
              + method
              + ": the guards would replace pages beside it");
    }
  }
}
