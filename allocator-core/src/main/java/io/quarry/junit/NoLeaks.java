package io.quarry.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Makes a test fail if it leaves blocks behind that it allocated and did not free, and shows the
 * stacks that allocated them; or if something was written behind the end of a block, or after its
 * free. On a class, each of its tests.
 *
 * <pre>{@code
 * @NoLeaks
 * class CacheTest {
 *   @Test
 *   void evictionFreesWhatItEvicts() { ... }
 * }
 * }</pre>
 *
 * <p>Allocators that are made in the test check every block, unless they or {@code -Dquarry.checks}
 * say otherwise ({@link io.quarry.allocator.Checks}); of others, this sees the blocks that are
 * checked. A block is left behind if it is live after all {@code @AfterEach} methods, or was when
 * its allocator was closed. It does not matter which thread has allocated it: tests that run at the
 * same time in the same JVM are in each other's way.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
@ExtendWith(NoLeaksExtension.class)
public @interface NoLeaks {

  /** Whether blocks count as well that were live when their arena was closed, as arenas are for. */
  boolean arenas() default false;
}
