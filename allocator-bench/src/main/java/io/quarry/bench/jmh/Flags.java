package io.quarry.bench.jmh;

/** JVM flags of the forks. */
final class Flags {

  /** What Agrona, and with it every allocator that is known by address, needs to touch memory. */
  static final String OPEN_INTERNAL_MISC = "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED";

  private Flags() {}
}
