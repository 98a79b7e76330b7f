package io.quarry.bench.blocks;

import io.quarry.allocator.Checks;
import io.quarry.allocator.Relocator;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The allocators that can be compared, by the name that options and results use. */
public enum Peer {
  /** This project. */
  QUARRY("quarry", "Quarry", slots -> new QuarryBlocks()),

  /** This project, with compaction in the background. */
  QUARRY_COMPACTING(
      "quarry-compacting",
      "Quarry, compacting",
      slots -> new QuarryBlocks((oldAddress, newAddress, size) -> false)) {
    @Override
    public BlockAllocator open(int slots, Relocator relocator) {
      return new QuarryBlocks(relocator);
    }
  },

  /** This project, with some blocks checked. To be compared with itself, not with others. */
  QUARRY_SAMPLED("quarry-sampled", "Quarry, sampled", slots -> new QuarryBlocks(Checks.SAMPLED)),

  /** This project, with all blocks checked, as for tests. */
  QUARRY_FULL("quarry-full", "Quarry, all checks", slots -> new QuarryBlocks(Checks.FULL)),

  /** {@code ByteBuffer.allocateDirect}, freed by its cleaner as soon as it is no longer needed. */
  DIRECT(
      "direct",
      "allocateDirect, freed explicitly",
      DirectBlocks::freedExplicitly,
      BufferCleaner::unavailable,
      JvmFlags::common),

  /** {@code ByteBuffer.allocateDirect}, freed when the garbage collector comes by. */
  DIRECT_GC("direct-gc", "allocateDirect, left to the collector", DirectBlocks::leftToTheCollector),

  /** The C library's {@code malloc}, as {@code jdk.internal.misc.Unsafe} exposes it. */
  UNSAFE_MALLOC("unsafe-malloc", "Unsafe.allocateMemory", slots -> new UnsafeMallocBlocks()),

  /** Netty's pooled direct buffers. */
  NETTY_POOLED(
      "netty-pooled",
      "Netty, pooled",
      NettyBlocks::pooled,
      NettyBlocks::unavailable,
      JvmFlags::ofNetty),

  /** Netty's adaptive direct buffers. */
  NETTY_ADAPTIVE(
      "netty-adaptive",
      "Netty, adaptive",
      NettyBlocks::adaptive,
      NettyBlocks::unavailable,
      JvmFlags::ofNetty),

  /** jemalloc, called through LWJGL. */
  LWJGL_JEMALLOC(
      "lwjgl-jemalloc",
      "jemalloc through LWJGL",
      slots -> new LwjglJemallocBlocks(),
      LwjglJemallocBlocks::unavailable,
      JvmFlags::ofLwjgl),

  /** rpmalloc, called through LWJGL. */
  LWJGL_RPMALLOC(
      "lwjgl-rpmalloc",
      "rpmalloc through LWJGL",
      slots -> new LwjglRpmallocBlocks(),
      LwjglRpmallocBlocks::unavailable,
      JvmFlags::ofLwjgl),

  /** The C library's {@code malloc}, by a critical downcall of {@code java.lang.foreign}. */
  FFM_MALLOC("ffm-malloc", "glibc through FFM", ForeignLibrary.MALLOC),

  /** An {@code Arena} of {@code java.lang.foreign} for each block. */
  FFM_ARENA(
      "ffm-arena",
      "Arena of FFM",
      Foreign::sharedArenas,
      Foreign::arenasUnavailable,
      JvmFlags::common) {
    @Override
    public BlockAllocator openThreadBound(int slots) {
      return Foreign.confinedArenas(slots);
    }
  },

  /** The system's mimalloc, by critical downcalls: the fastest that a Java program can call. */
  FFM_MIMALLOC("ffm-mimalloc", "mimalloc through FFM", ForeignLibrary.MIMALLOC),

  /** The system's jemalloc, by critical downcalls. */
  FFM_JEMALLOC("ffm-jemalloc", "jemalloc through FFM", ForeignLibrary.JEMALLOC),

  /** The system's tcmalloc, by critical downcalls. */
  FFM_TCMALLOC("ffm-tcmalloc", "tcmalloc through FFM", ForeignLibrary.TCMALLOC);

  private final String id;
  private final String title;
  private final IntFunction<BlockAllocator> opener;
  private final Supplier<Optional<String>> obstacle;
  private final Supplier<List<String>> flags;

  Peer(String id, String title, IntFunction<BlockAllocator> opener) {
    this(id, title, opener, Optional::empty, JvmFlags::common);
  }

  Peer(String id, String title, ForeignLibrary library) {
    this(
        id,
        title,
        slots -> Foreign.open(library),
        () -> Foreign.unavailable(library),
        JvmFlags::common);
  }

  Peer(
      String id,
      String title,
      IntFunction<BlockAllocator> opener,
      Supplier<Optional<String>> obstacle,
      Supplier<List<String>> flags) {
    this.id = id;
    this.title = title;
    this.opener = opener;
    this.obstacle = obstacle;
    this.flags = flags;
  }

  /** The name in options and results. */
  public String id() {
    return id;
  }

  /** The name for people. */
  public String title() {
    return title;
  }

  /**
   * Opens the allocator.
   *
   * @param slots how many slots the caller will use, from 0 on
   */
  public BlockAllocator open(int slots) {
    return opener.apply(slots);
  }

  /**
   * Opens the allocator in the form that its users choose when each block is freed by the thread
   * that allocated it.
   *
   * @param slots how many slots the caller will use, from 0 on
   */
  public BlockAllocator openThreadBound(int slots) {
    return open(slots);
  }

  /**
   * Opens the allocator for a caller whose blocks may be moved; most allocators move none.
   *
   * @param slots how many slots the caller will use, from 0 on
   * @param relocator changes the caller's handle of a block
   */
  public BlockAllocator open(int slots, Relocator relocator) {
    return open(slots);
  }

  /** Why this JVM cannot run this allocator and what to do, in a sentence; empty if it can. */
  public Optional<String> unavailable() {
    return obstacle.get();
  }

  /** What a JVM like this one has to be started with to run this allocator at its best. */
  public List<String> jvmFlags() {
    return flags.get();
  }

  /**
   * The allocator of that name.
   *
   * @throws IllegalArgumentException if there is none; the message names the value and the choices
   */
  public static Peer of(String id) {
    return Arrays.stream(values())
        .filter(peer -> peer.id.equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown allocator '"
                        + id
                        + "'; choose from "
                        + Arrays.stream(values()).map(Peer::id).collect(Collectors.joining(", "))));
  }

  @Override
  public String toString() {
    return id;
  }
}
