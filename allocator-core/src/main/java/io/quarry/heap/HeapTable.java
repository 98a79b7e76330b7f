package io.quarry.heap;

import io.quarry.slab.SizeClasses;
import io.quarry.slab.Slab;
import java.util.Arrays;

/**
 * From a thread to its heap. A hash table by thread id with short probes, kept at most a quarter
 * full, so that the first probe nearly always hits; a {@code ThreadLocal} costs more, and keeps
 * what it refers to alive longer than either the thread or the allocator.
 *
 * <p><b>Ordering.</b> The table changes under the lock of all heaps, and is read without one. A
 * reader believes an entry only if the heap says that it belongs to the reading thread; a thread
 * enters its own heap itself, so it sees that entry. Whatever else a racing reader sees, an old
 * array, an entry that is gone, a heap half made, does not name the reading thread as owner, and
 * sends it to the slow path. The field is volatile, so that the array it finds is filled, and so
 * that a loop of allocations does not keep an old array in a register and miss that the allocator
 * was closed. It is also what keeps all other reads of {@code malloc} behind a safepoint poll that
 * comes before the call: see {@link IdleThreads}.
 */
public final class HeapTable {
  private static final int PROBES = 8;
  private static final int MIN_LENGTH = 16;
  private static final int MAX_LENGTH = 1 << 20;

  /** A table this many times larger than its contents does not get them apart by growing. */
  private static final int SPARSEST = 256;

  private volatile Heap[] table = emptyTable(MIN_LENGTH);
  private int size;

  HeapTable() {}

  /**
   * The slab that the calling thread allocates small blocks of a size from; one without a candidate
   * if there is more to it. The fast path of {@code malloc}.
   *
   * @param size 0 to {@link SizeClasses#MAX_SMALL_BYTES}
   */
  public Slab currentSlab(final int size) {
    return first(Thread.currentThread()).current(SizeClasses.ofSmall(size));
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
    return true;
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
        return;
      }
    }
  }

  /** Sends every thread to the slow path, for good. Under the lock. */
  void clear() {
    table = emptyTable(MIN_LENGTH);
    size = 0;
  }

  private static Heap[] emptyTable(final int length) {
    final Heap[] slots = new Heap[length];
    Arrays.fill(slots, Heap.NONE);
    return slots;
  }
}
