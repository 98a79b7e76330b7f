/**
 * An allocator of memory outside the Java heap. {@code io.quarry.allocator} is its public face,
 * {@code io.quarry.posix} the system calls below it.
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

  exports io.quarry.allocator;
  exports io.quarry.posix;

  // jnr-ffi generates the class that implements LibC at run time, in an unnamed module.
  opens io.quarry.posix.libc;
}
