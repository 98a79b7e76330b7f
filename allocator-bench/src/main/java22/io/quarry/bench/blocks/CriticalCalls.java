package io.quarry.bench.blocks;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of a native allocator, called <em>critically</em>: the thread stays where it is
 * instead of telling the JVM that it leaves Java, which makes the call about as cheap as one in C.
 * The price is that no garbage collection can begin until it returns.
 *
 * <p>A record, because the compiler takes the fields of a record for constants if the record is
 * one; so each user keeps its own in a {@code static final} field.
 */
record CriticalCalls(
    MethodHandle malloc, MethodHandle free, MethodHandle calloc, MethodHandle realloc) {

  /**
   * Loads the library.
   *
   * @throws IllegalArgumentException if the dynamic linker does not find it
   * @throws java.util.NoSuchElementException if it lacks one of the functions
   */
  static CriticalCalls of(ForeignLibrary library) {
    final SymbolLookup symbols =
        library.fileName().isEmpty()
            ? Linker.nativeLinker().defaultLookup()
            : SymbolLookup.libraryLookup(library.fileName(), Arena.global());
    return new CriticalCalls(
        link(symbols, library.function("malloc"), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG)),
        link(symbols, library.function("free"), FunctionDescriptor.ofVoid(JAVA_LONG)),
        link(
            symbols,
            library.function("calloc"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG)),
        link(
            symbols,
            library.function("realloc"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG)));
  }

  long allocate(long sizeBytes) {
    try {
      return (long) malloc.invokeExact(sizeBytes);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  long allocateZeroed(long sizeBytes) {
    try {
      return (long) calloc.invokeExact(1L, sizeBytes);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  long reallocate(long address, long sizeBytes) {
    try {
      return (long) realloc.invokeExact(address, sizeBytes);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  void release(long address) {
    try {
      free.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static MethodHandle link(
      SymbolLookup symbols, String function, FunctionDescriptor descriptor) {
    return Linker.nativeLinker()
        .downcallHandle(
            symbols.find(function).orElseThrow(), descriptor, Linker.Option.critical(false));
  }

  private static AssertionError unexpected(Throwable e) {
    return new AssertionError("a call of a C function threw", e);
  }
}
