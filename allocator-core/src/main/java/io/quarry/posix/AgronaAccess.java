package io.quarry.posix;

import org.agrona.concurrent.UnsafeBuffer;

/** Whether Agrona can touch memory: a buffer that cannot is made, but throws when it is used. */
final class AgronaAccess {

  private static final Throwable REFUSAL = refusal();

  private AgronaAccess() {}

  /**
   * Returns if Agrona can touch memory.
   *
   * @throws IllegalStateException if it cannot; the message names the JVM option that it needs
   */
  static void require() {
    if (REFUSAL != null) {
      throw new IllegalStateException(
          "Agrona's buffers need the JVM option --add-opens=java.base/jdk.internal.misc="
              + moduleName()
              + "; byteBuffer(address, length) works without it",
          REFUSAL);
    }
  }

  private static Throwable refusal() {
    try {
      new UnsafeBuffer(new byte[Long.BYTES]).getLong(0);
      return null;
    } catch (IllegalAccessError | ExceptionInInitializerError | NoClassDefFoundError e) {
      return e;
    }
  }

  private static String moduleName() {
    final Module module = UnsafeBuffer.class.getModule();
    return module.isNamed() ? module.getName() : "ALL-UNNAMED";
  }
}
