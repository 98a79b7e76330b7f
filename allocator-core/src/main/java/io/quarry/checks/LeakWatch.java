package io.quarry.checks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Finds watched blocks of any allocator of this process that were allocated since it was made and
 * never freed, and writes to where none should be. For the tests of programs; safe for use by
 * several threads.
 */
public final class LeakWatch implements AutoCloseable {

  /** Strongly: the memory of an allocator that was forgotten stays mapped as well. */
  private static final Set<WatchedBlocks> OPEN = ConcurrentHashMap.newKeySet();

  private static final List<LeakWatch> WATCHES = new CopyOnWriteArrayList<>();

  private final long since = WatchedBlock.lastNumber();
  private final boolean countsArenas;
  private final List<WatchedBlock> lost = new ArrayList<>();
  private final List<String> misuses = new ArrayList<>();

  /**
   * Begins to look.
   *
   * @param countsArenas whether blocks count that were live when their arena was closed
   */
  public LeakWatch(final boolean countsArenas) {
    this.countsArenas = countsArenas;
    WATCHES.add(this);
  }

  static void began(final WatchedBlocks blocks) {
    OPEN.add(blocks);
  }

  static void ended(final WatchedBlocks blocks, final List<WatchedBlock> live) {
    OPEN.remove(blocks);
    WATCHES.forEach(watch -> watch.lose(blocks.isOfArena(), live));
  }

  private synchronized void lose(final boolean withArena, final List<WatchedBlock> live) {
    if (!withArena || countsArenas) {
      lost.addAll(live);
    }
  }

  static void misused(final String description) {
    WATCHES.forEach(watch -> watch.note(description));
  }

  private synchronized void note(final String description) {
    misuses.add(description);
  }

  /** What was found of writes behind the end of a block or after its free. */
  public synchronized List<String> misuses() {
    return List.copyOf(misuses);
  }

  /** The blocks that are live by now, or were when their allocator was closed; oldest first. */
  public List<WatchedBlock> leaks() {
    final List<WatchedBlock> all = new ArrayList<>();
    OPEN.forEach(blocks -> blocks.addLiveTo(all));
    synchronized (this) {
      all.addAll(lost);
    }
    all.removeIf(block -> block.number() <= since);
    all.sort(Comparator.comparingLong(WatchedBlock::number));
    return all;
  }

  @Override
  public void close() {
    WATCHES.remove(this);
  }
}
