package io.quarry.bench.soak;

import io.quarry.allocator.SlabAllocator;
import io.quarry.posix.Errno;
import io.quarry.posix.Posix;
import io.quarry.posix.PosixException;
import io.quarry.posix.RemapFlag;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The kernel, but that it refuses some of the calls, and that it is known what it has mapped. Safe
 * for use by several threads.
 *
 * <p>How an allocator gets it: {@code SlabAllocator.Builder} has a method for tests that is not
 * public, and is to stay so; here it is called by reflection, in one place. The alternatives were a
 * class of this program in the allocator's own package, which would be a package in two jars, and
 * the doubles among the allocator's test sources, which a program should not depend on.
 */
final class RefusingKernel implements InvocationHandler {

  /** What a refusal says in place of the call's arguments. */
  private static final String INJECTED = "refused by the soak";

  private static final Set<String> REFUSED =
      Set.of("mmap", "munmap", "madvise", "mremap", "mincore");
  private static final List<Errno> ERRORS =
      List.of(Errno.ENOMEM, Errno.EEXIST, Errno.EAGAIN, Errno.EINVAL, Errno.EPERM);

  /** What mremap finds before it touches anything. */
  private static final Set<Errno> FOUND_EARLY = Set.of(Errno.EINVAL, Errno.EPERM);

  private final Posix kernel = Posix.host();
  private final Posix face =
      (Posix)
          Proxy.newProxyInstance(
              RefusingKernel.class.getClassLoader(), new Class<?>[] {Posix.class}, this);
  private final MappedRanges mapped = new MappedRanges();
  private final UniformRandomProvider random;
  private double share;
  private volatile long refusals;

  RefusingKernel(UniformRandomProvider random) {
    this.random = random;
  }

  /** Has an allocator that is being built make its system calls here. */
  SlabAllocator.Builder standBehind(SlabAllocator.Builder builder) {
    try {
      final Method seam = SlabAllocator.Builder.class.getDeclaredMethod("posix", Posix.class);
      seam.setAccessible(true);
      return (SlabAllocator.Builder) seam.invoke(builder, face);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this allocator cannot be given another kernel", e);
    }
  }

  /** From now on that share of the calls is refused. */
  synchronized void refuse(double shareOfCalls) {
    share = shareOfCalls;
  }

  /** How many calls were refused so far. Takes no lock: the others are held during system calls. */
  long refusals() {
    return refusals;
  }

  /** What is mapped for allocators at the moment. */
  synchronized long mappedBytes() {
    return mapped.bytes();
  }

  /** The ranges that are mapped for allocators, as text; empty if there are none. */
  synchronized String mappedRanges() {
    return mapped.toString();
  }

  // One call at a time: what the kernel does and what is known of it must not come apart.
  @Override
  public synchronized Object invoke(Object proxy, Method method, Object[] arguments)
      throws Throwable {
    final String call = method.getName();
    if (REFUSED.contains(call) && random.nextDouble() < share) {
      refusals = refusals + 1; // under the lock: nobody else writes it
      final Errno error = ERRORS.get(random.nextInt(ERRORS.size()));
      if (call.equals("mremap") && !FOUND_EARLY.contains(error)) {
        clearDestination(arguments);
      }
      throw new PosixException(call, INJECTED, error.number());
    }
    final Object result;
    try {
      result = method.invoke(kernel, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    switch (call) {
      case "mmap" -> mapped.add((long) result, (long) arguments[1]);
      case "munmap" -> mapped.remove((long) arguments[0], (long) arguments[1]);
      case "mremap" -> {
        mapped.remove((long) arguments[0], (long) arguments[1]);
        mapped.add((long) result, (long) arguments[2]);
      }
      default -> {}
    }
    return result;
  }

  /** Linux has unmapped a fixed destination by the time it finds that it cannot move. */
  private void clearDestination(Object[] mremapArguments) {
    if (((Set<?>) mremapArguments[3]).contains(RemapFlag.FIXED)) {
      final long bytes = (long) mremapArguments[2];
      final long destination = (long) mremapArguments[4];
      kernel.munmap(destination, bytes);
      mapped.remove(destination, bytes);
    }
  }
}
