package io.quarry.posix;

import java.lang.reflect.Proxy;

/** A kernel without a single call, for doubles that answer some calls themselves. */
public final class NoPosix {

  private NoPosix() {}

  /** An implementation whose every method throws {@link UnsupportedOperationException}. */
  public static Posix instance() {
    return (Posix)
        Proxy.newProxyInstance(
            Posix.class.getClassLoader(),
            new Class<?>[] {Posix.class},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(
                  method.getName() + " is not part of this double");
            });
  }
}
