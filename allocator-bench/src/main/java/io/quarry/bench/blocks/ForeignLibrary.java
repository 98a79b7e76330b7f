package io.quarry.bench.blocks;

/** A native allocator that {@link Foreign} can call, and where it comes from. */
enum ForeignLibrary {
  /** The C library that the JVM itself uses. */
  MALLOC("", "", "every system has it"),
  /** mimalloc. */
  MIMALLOC("libmimalloc.so.2", "mi_", "on Debian, apt-get install libmimalloc2.0"),
  /** jemalloc, which Debian builds without a prefix to its functions. */
  JEMALLOC(
      "libjemalloc.so.2",
      "",
      "on Debian, apt-get install libjemalloc2; and since it comes late for its thread-local storage,"
          + " start the JVM with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384"),
  /** tcmalloc of gperftools. */
  TCMALLOC("libtcmalloc_minimal.so.4", "tc_", "on Debian, apt-get install libtcmalloc-minimal4");

  private final String fileName;
  private final String prefix;
  private final String installation;

  ForeignLibrary(String fileName, String prefix, String installation) {
    this.fileName = fileName;
    this.prefix = prefix;
    this.installation = installation;
  }

  /** What the dynamic linker is asked for; empty for the C library. */
  String fileName() {
    return fileName;
  }

  /** The name of one of its functions. */
  String function(String name) {
    return prefix + name;
  }

  /** How to get it. */
  String installation() {
    return installation;
  }
}
