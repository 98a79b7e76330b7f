package io.quarry.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The small scenarios; {@code allocator-core/model} explores the large ones as well. */
final class ProtocolModelTest {

  @Test
  void noStateIsWrong() {
    assertThat(ModelMain.explore(Scenarios.small())).isTrue();
  }

  @Test
  void everyMistakeIsCaught() {
    assertThat(ModelMain.catchAll()).isTrue();
  }

  /** What the comment of {@code Slab} says of the one empty slab that is not found at once. */
  @Test
  void theCaseThatEscapesIsReal() {
    assertThatThrownBy(() -> Scenarios.fastFreeOfAListedSlab().explore(Mutation.NONE))
        .hasMessageContaining("an empty slab that was not found at once");
  }

  /** A thread waits for what never comes: the explorer has to say so. */
  @Test
  void whoWaitsInVainIsFound() {
    final Scenario scenario =
        new SlabScenario("in vain", 1, 1).thread(a -> a.awaitReturned().call("malloc"));
    assertThatThrownBy(() -> scenario.explore(Mutation.NONE))
        .isInstanceOf(Explorer.Violation.class)
        .hasMessageContaining("nobody can go on");
  }

  /** Dekker: at least one of two threads sees the other's store, but only if it is volatile. */
  @Test
  void aLoadOvertakesAStoreButNotAVolatileOne() throws Explorer.Violation {
    assertThat(new Dekker(true).explore(Mutation.NONE).states()).isGreaterThan(10);
    assertThatThrownBy(() -> new Dekker(false).explore(Mutation.NONE))
        .hasMessageContaining("neither saw the other");
  }

  private static final class Dekker extends Scenario {
    private final boolean isVolatile;

    Dekker(final boolean isVolatile) {
      super("Dekker");
      this.isVolatile = isVolatile;
    }

    @Override
    void write(final Program p, final Mutation mutation, final List<Integer> entries) {
      for (int thread = 0; thread < 2; thread++) {
        final int own = thread;
        entries.add(p.thread("thread " + thread));
        p.step("store", c -> store(c, own));
        p.step("load", c -> c.own(2 + own, c.load(1 - own)));
      }
    }

    private void store(final Cpu c, final int own) {
      if (isVolatile) {
        c.storeVolatile(own, 1);
      } else {
        c.storeRelease(own, 1);
      }
    }

    @Override
    int variables() {
      return 4;
    }

    @Override
    void begin(final byte[] variables) {}

    @Override
    Consumer<Cpu> atTheEnd() {
      return c -> Routines.require(c.own(2) + c.own(3) > 0, "neither saw the other");
    }
  }
}
