/**
 * The C library as jnr-ffi sees it. This is no API: use {@link io.quarry.posix.Posix} and {@link
 * io.quarry.posix.NativeMemory}.
 *
 * <p>It is a package of its own, with a public interface, because jnr-ffi generates the
 * implementation at run time in a class loader and an unnamed module of its own. That class must be
 * able to see the interface, so the module has to open this package, and nothing else, to it.
 */
package io.quarry.posix.libc;
