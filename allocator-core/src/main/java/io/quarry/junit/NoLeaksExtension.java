package io.quarry.junit;

import io.quarry.checks.LeakWatch;
import io.quarry.checks.Site;
import io.quarry.checks.WatchedBlock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.platform.commons.support.AnnotationSupport;

/** Does what {@link NoLeaks} says. Made by JUnit. */
public final class NoLeaksExtension
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {
  private static final Namespace NAMESPACE = Namespace.create(NoLeaksExtension.class);
  private static final String CHECKS = "quarry.checks";
  private static final String IS_OURS = "property";
  private static final String WATCH = "watch";

  /** For JUnit. */
  public NoLeaksExtension() {}

  @Override
  public void beforeAll(final ExtensionContext context) {
    checkAll(context);
  }

  @Override
  public void afterAll(final ExtensionContext context) {
    checkAsBefore(context);
  }

  @Override
  public void beforeEach(final ExtensionContext context) {
    checkAll(context);
    final boolean arenas = annotation(context).map(NoLeaks::arenas).orElse(false);
    context.getStore(NAMESPACE).put(WATCH, new LeakWatch(arenas));
  }

  private static Optional<NoLeaks> annotation(final ExtensionContext context) {
    return AnnotationSupport.findAnnotation(context.getElement(), NoLeaks.class)
        .or(() -> AnnotationSupport.findAnnotation(context.getTestClass(), NoLeaks.class));
  }

  @Override
  public void afterEach(final ExtensionContext context) {
    checkAsBefore(context);
    try (LeakWatch watch = context.getStore(NAMESPACE).remove(WATCH, LeakWatch.class)) {
      final List<WatchedBlock> leaks = watch.leaks();
      final StringBuilder text = new StringBuilder();
      if (!leaks.isEmpty()) {
        text.append(leaks.size()).append(leaks.size() == 1 ? " block was" : " blocks were");
        text.append(" allocated and never freed\n");
        Site.of(leaks).forEach(site -> text.append(site.inFull()).append('\n'));
      }
      watch.misuses().forEach(misuse -> text.append(misuse).append('\n'));
      if (text.length() > 0) {
        throw new AssertionError(text.toString());
      }
    }
  }

  /** The property stays what it is where somebody has set it. */
  private static void checkAll(final ExtensionContext context) {
    if (System.getProperty(CHECKS) == null) {
      System.setProperty(CHECKS, "full");
      context.getStore(NAMESPACE).put(IS_OURS, true);
    }
  }

  private static void checkAsBefore(final ExtensionContext context) {
    if (Boolean.TRUE.equals(context.getStore(NAMESPACE).remove(IS_OURS, Boolean.class))) {
      System.clearProperty(CHECKS);
    }
  }
}
