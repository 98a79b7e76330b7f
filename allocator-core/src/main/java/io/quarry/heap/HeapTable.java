package io.quarry.heap;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * From a thread to its heap, by thread id; a {@code ThreadLocal} costs more, and keeps what it
 * refers to alive longer than either the thread or the allocator. There are two of them:
 *
 * <pre>
 *   rows   row[id mod 1024]      -> the current slabs of a heap, by class     the fast path of malloc
 *   table  table[id mod length]  -> a heap                                    everything else
 * </pre>
 *
 * <p>The <em>rows</em> are as few steps as can be: the time of a {@code malloc} is that of a chain
 * of loads, each of which waits for the one before, so the length of this array is a constant and
 * is not read, and the heap is skipped. A thread whose place is taken by another live thread finds
 * slabs there that are not its own, and takes the slow path, which asks the table: a hash table
 * with short probes, kept at most a quarter full.
 *
 * <p><b>Ordering.</b> Both change under the lock of all heaps, and are read without one. A reader
 * believes what it finds only if the heap, or the slab, says that it belongs to the reading thread;
 * a thread enters its own heap itself, so it sees that entry. Whatever else a racing reader sees,
 * an old array, an entry that is gone, a heap half made, another thread's slab, does not name the
 * reading thread as owner, and sends it to the slow path. A slab that does name it is one that it
 * made current itself, and what it sees of it is what it wrote; if it has given the slab up since,
 * the slab has no candidate. All is published with release and read with acquire, so what it leads
 * to is filled in. The acquire also makes each call read anew: a loop of allocations does not keep
 * an old entry, or what a slab says of its owner, in a register and miss that the allocator was
 * closed or the heap taken away. It is also what keeps all other reads of {@code malloc} behind a
 * safepoint poll that comes before the call: see {@link IdleThreads}.
 */
public final class HeapTable {
  private static final int PROBES = 8;
  private static final int MIN_LENGTH = 16;
  private static final int MAX_LENGTH = 1 << 20;

  /** A table this many times larger than its contents does not get them apart by growing. */
  private static final int SPARSEST = 256;

  /** As many rows as threads may have consecutive ids and not be in each other's way. */
  private static final int ROWS = 1 << 10;

  private static final VarHandle ROW = MethodHandles.arrayElementVarHandle(Slab[][].class);
  private static final VarHandle SLAB = MethodHandles.arrayElementVarHandle(Slab[].class);

  private final Slab[][] rows = new Slab[ROWS][];
  private volatile Heap[] table = emptyTable(MIN_LENGTH);
  private int size;

  HeapTable() {
    Arrays.fill(rows, Heap.NONE.currentSlabs());
  }

  /** The rows, for {@link #slabAt}: the same array for ever. */
  public Slab[][] rows() {
    return rows;
  }

  /**
   * The slab that a thread allocates small blocks of a size from, if there is nothing out of the
   * ordinary; otherwise one that {@link Slab#mayTake} denies the thread. The fast path of {@code
   * malloc}.
   *
   * @param size 0 to {@link SizeClasses#MAX_SMALL_BYTES}
   */
  public static Slab slabAt(final Slab[][] rows, final Thread thread, final int size) {
    final Slab[] row = (Slab[]) ROW.getAcquire(rows, rowOf(thread));
    return (Slab) SLAB.getAcquire(row, SizeClasses.ofSmall(size));
  }

  private static int rowOf(final Thread thread) {
    return (int) thread.getId() & ROWS - 1;
  }

  /**
   * The slab that the calling thread allocates small blocks of a size from; one without a candidate
   * if there is more to it.
   *
   * @param size 0 to {@link SizeClasses#MAX_SMALL_BYTES}
   */
  public Slab currentSlab(final int size) {
    return first(Thread.currentThread()).current(SizeClasses.ofSmall(size));
  }

  /**
   * Issues a medium block to the calling thread, if it has a slab of its own of such blocks.
   *
   * @param size more than {@link SizeClasses#MAX_SMALL_BYTES}, at most {@link
   *     SizeClasses#MAX_CLASS_BYTES}
   * @return its address; 0 if there is more to it
   */
  public long takeMedium(final int size) {
    return first(Thread.currentThread()).takeMedium(SizeClasses.of(size));
  }

  /** The heap of a thread if its entry is where it should be, otherwise {@link Heap#NONE}. */
  Heap first(final Thread thread) {
    final Heap[] slots = table;
    final Heap heap = slots[(int) thread.getId() & slots.length - 1];
    return heap.isActedForBy(thread) ? heap : Heap.NONE;
  }

  /** The heap of a thread, wherever its entry is; {@link Heap#NONE} if it has none. */
  Heap find(final Thread thread) {
    final Heap[] slots = table;
    for (int probe = 0; probe < PROBES; probe++) {
      final Heap heap = slots[(int) thread.getId() + probe & slots.length - 1];
      if (heap.isActedForBy(thread)) {
        return heap;
      }
    }
    return Heap.NONE;
  }

  /**
   * Enters the calling thread's heap. Under the lock.
   *
   * @return false if there is no place for it: for a thread whose {@code getId} was overridden to
   *     be the same as that of many others, or never the same twice
   */
  boolean enter(final Heap heap, final Thread thread) {
    if ((size + 1) * 4 > table.length) {
      grow();
    }
    while (!place(table, heap, thread)) {
      if (table.length > SPARSEST * (size + 1) || !grow()) {
        return false;
      }
    }
    size++;
    if (find(thread) != heap) {
      remove(heap);
      return false;
    }
    final int place = rowOf(thread);
    if (rows[place] == Heap.NONE.currentSlabs()) {
      row(place, heap);
    }
    return true;
  }

  private void row(final int place, final Heap heap) {
    ROW.setRelease(rows, place, heap.currentSlabs());
  }

  private static boolean place(final Heap[] slots, final Heap heap, final Thread thread) {
    for (int probe = 0; probe < PROBES; probe++) {
      final int slot = (int) thread.getId() + probe & slots.length - 1;
      if (slots[slot] == Heap.NONE) {
        slots[slot] = heap;
        return true;
      }
    }
    return false;
  }

  private boolean grow() {
    for (int length = table.length * 2; length <= MAX_LENGTH; length *= 2) {
      final Heap[] larger = emptyTable(length);
      boolean all = true;
      for (final Heap heap : table) {
        final Thread owner = heap.threadVolatile();
        all &= owner == null || place(larger, heap, owner);
      }
      if (all) {
        table = larger;
        return true;
      }
    }
    return false;
  }

  /** Forgets a heap. Under the lock. */
  void remove(final Heap heap) {
    for (int slot = 0; slot < table.length; slot++) {
      if (table[slot] == heap) {
        table[slot] = Heap.NONE;
        size--;
        vacateRow(heap);
        return;
      }
    }
  }

  /** Lets another thread have the row of a heap, if it has one. */
  private void vacateRow(final Heap gone) {
    for (int place = 0; place < ROWS; place++) {
      if (rows[place] == gone.currentSlabs()) {
        row(place, nextFor(place));
      }
    }
  }

  private Heap nextFor(final int place) {
    for (final Heap heap : table) {
      final Thread owner = heap.threadVolatile();
      if (owner != null && rowOf(owner) == place) {
        return heap;
      }
    }
    return Heap.NONE;
  }

  /** Sends every thread to the slow path, for good. Under the lock. */
  void clear() {
    table = emptyTable(MIN_LENGTH);
    size = 0;
    for (int place = 0; place < ROWS; place++) {
      row(place, Heap.NONE);
    }
  }

  private static Heap[] emptyTable(final int length) {
    final Heap[] slots = new Heap[length];
    Arrays.fill(slots, Heap.NONE);
    return slots;
  }
}
