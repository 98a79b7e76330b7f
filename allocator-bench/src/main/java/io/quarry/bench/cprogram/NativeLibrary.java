package io.quarry.bench.cprogram;

/** An allocator for the C program, by what has to be preloaded for it. */
enum NativeLibrary {
  GLIBC("glibc", "", "libc.so"),
  JEMALLOC("jemalloc", "libjemalloc.so.2", "libjemalloc"),
  MIMALLOC("mimalloc", "libmimalloc.so.2", "libmimalloc"),
  TCMALLOC("tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc");

  private final String title;
  private final String preload;
  private final String filePart;

  NativeLibrary(String title, String preload, String filePart) {
    this.title = title;
    this.preload = preload;
    this.filePart = filePart;
  }

  String title() {
    return title;
  }

  /** The value of LD_PRELOAD; empty for none. */
  String preload() {
    return preload;
  }

  /** Whether that file is the library: the dynamic linker goes on without one it does not find. */
  boolean isAt(String file) {
    return file.contains(filePart);
  }
}
