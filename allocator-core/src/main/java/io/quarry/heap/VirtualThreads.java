package io.quarry.heap;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Tells virtual threads from platform threads, also where the JDK knows of platform threads only.
 */
final class VirtualThreads {
  private static final MethodHandle IS_VIRTUAL = isVirtualHandle();

  private VirtualThreads() {}

  static boolean isVirtual(final Thread thread) {
    try {
      return (boolean) IS_VIRTUAL.invokeExact(thread);
    } catch (final Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static MethodHandle isVirtualHandle() {
    final MethodType type = MethodType.methodType(boolean.class);
    try {
      return MethodHandles.lookup().findVirtual(Thread.class, "isVirtual", type);
    } catch (final NoSuchMethodException before21) {
      return MethodHandles.dropArguments(
          MethodHandles.constant(boolean.class, false), 0, Thread.class);
    } catch (final IllegalAccessException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }
}
