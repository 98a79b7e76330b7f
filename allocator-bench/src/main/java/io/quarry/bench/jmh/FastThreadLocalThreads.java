package io.quarry.bench.jmh;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Gives JMH threads of Netty to run on; JMH makes it by its name. */
public final class FastThreadLocalThreads extends ThreadPoolExecutor {

  /** As JMH calls it. */
  public FastThreadLocalThreads(int threads, String prefix) {
    super(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        new DefaultThreadFactory(prefix, true));
  }
}
