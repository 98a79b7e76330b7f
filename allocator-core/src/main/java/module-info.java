/**
 * An allocator of memory outside the Java heap. {@code io.quarry.allocator} is its public face,
 * {@code io.quarry.posix} the system calls below it, {@code io.quarry.junit} for the tests of
 * programs that use it.
 */
module io.quarry.allocator {
  requires transitive org.agrona;
  requires org.jnrproject.ffi;
  requires org.jnrproject.jffi;
  // Not used here: jnr-ffi is an automatic module and cannot ask for it, but generates code with
  // it.
  requires org.objectweb.asm;
  // To learn the JVM's own limits; without it the default capacity is less exact.
  requires static jdk.management;
  requires static java.management;
  // For io.quarry.junit, by those who have JUnit anyway.
  requires static transitive org.junit.jupiter.api;

  exports io.quarry.allocator;
  exports io.quarry.junit;
  exports io.quarry.posix;

  // jnr-ffi generates the class that implements LibC at run time, in an unnamed module.
  opens io.quarry.posix.libc;
}
