package io.quarry.bench.blocks;

import io.quarry.allocator.Relocator;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The allocators that can be compared, by the name that options and results use. */
public enum Peer {
  /** This project. */
  QUARRY("quarry", "Quarry") {
    @Override
    public BlockAllocator open(int slots) {
      return new QuarryBlocks();
    }
  },
  /** This project, with compaction in the background. */
  QUARRY_COMPACTING("quarry-compacting", "Quarry, compacting") {
    @Override
    public BlockAllocator open(int slots) {
      return open(slots, (oldAddress, newAddress, size) -> false);
    }

    @Override
    public BlockAllocator open(int slots, Relocator relocator) {
      return new QuarryBlocks(relocator);
    }
  },
  /** {@code ByteBuffer.allocateDirect}, freed by its cleaner as soon as it is no longer needed. */
  DIRECT("direct", "allocateDirect, freed explicitly") {
    @Override
    public BlockAllocator open(int slots) {
      return DirectBlocks.freedExplicitly(slots);
    }

    @Override
    public Optional<String> unavailable() {
      return BufferCleaner.unavailable();
    }
  },
  /** {@code ByteBuffer.allocateDirect}, freed when the garbage collector comes by. */
  DIRECT_GC("direct-gc", "allocateDirect, left to the collector") {
    @Override
    public BlockAllocator open(int slots) {
      return DirectBlocks.leftToTheCollector(slots);
    }
  },
  /** The C library's {@code malloc}, as {@code jdk.internal.misc.Unsafe} exposes it. */
  UNSAFE_MALLOC("unsafe-malloc", "Unsafe.allocateMemory") {
    @Override
    public BlockAllocator open(int slots) {
      return new UnsafeMallocBlocks();
    }
  },
  /** Netty's pooled direct buffers. */
  NETTY_POOLED("netty-pooled", "Netty, pooled") {
    @Override
    public BlockAllocator open(int slots) {
      return NettyBlocks.pooled(slots);
    }

    @Override
    public Optional<String> unavailable() {
      return NettyBlocks.unavailable();
    }

    @Override
    public List<String> jvmFlags() {
      return JvmFlags.ofNetty();
    }
  },
  /** Netty's adaptive direct buffers. */
  NETTY_ADAPTIVE("netty-adaptive", "Netty, adaptive") {
    @Override
    public BlockAllocator open(int slots) {
      return NettyBlocks.adaptive(slots);
    }

    @Override
    public Optional<String> unavailable() {
      return NettyBlocks.unavailable();
    }

    @Override
    public List<String> jvmFlags() {
      return JvmFlags.ofNetty();
    }
  },
  /** jemalloc, called through LWJGL. */
  LWJGL_JEMALLOC("lwjgl-jemalloc", "jemalloc through LWJGL") {
    @Override
    public BlockAllocator open(int slots) {
      return new LwjglJemallocBlocks();
    }

    @Override
    public Optional<String> unavailable() {
      return LwjglJemallocBlocks.unavailable();
    }

    @Override
    public List<String> jvmFlags() {
      return JvmFlags.ofLwjgl();
    }
  },
  /** rpmalloc, called through LWJGL. */
  LWJGL_RPMALLOC("lwjgl-rpmalloc", "rpmalloc through LWJGL") {
    @Override
    public BlockAllocator open(int slots) {
      return new LwjglRpmallocBlocks();
    }

    @Override
    public Optional<String> unavailable() {
      return LwjglRpmallocBlocks.unavailable();
    }

    @Override
    public List<String> jvmFlags() {
      return JvmFlags.ofLwjgl();
    }
  };

  private final String id;
  private final String title;

  Peer(String id, String title) {
    this.id = id;
    this.title = title;
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
  public abstract BlockAllocator open(int slots);

  /**
   * Opens the allocator for a caller whose blocks may be moved; most allocators move none.
   *
   * @param slots how many slots the caller will use, from 0 on
   * @param relocator changes the caller's handle of a block
   */
  public BlockAllocator open(int slots, Relocator relocator) {
    return open(slots);
  }

  /** Why this JVM cannot run this allocator, in a sentence; empty if it can. */
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  /** What a JVM like this one has to be started with to run this allocator at its best. */
  public List<String> jvmFlags() {
    return JvmFlags.common();
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
