package io.quarry.allocator;

/**
 * A cache, or whoever else knows where the addresses of its blocks are kept, so that {@link
 * SlabAllocator#compact compaction} can move them. Without one no block ever moves.
 *
 * <p>For each block that is to move, the allocator has copied its bytes to a new block and asks
 * {@link #relocate} whether the new one may take its place. Until the answer is true nothing has
 * happened to the old block: it is live, at its address, and nothing else will ever be at that
 * address before the answer; so if a reference to it is found, it is the block's. After true, the
 * old block belongs to the allocator, which frees it when {@link #awaitReaders} has returned; to
 * free it oneself is a double free. After false, or an exception, the new one was never there.
 *
 * <p>What the caller has to see to is that no one writes to the old block while or after it is
 * copied, and that no one reads it after it is freed. Even a value that never changes once it is
 * published was written before: the allocator may have copied the block while its first owner was
 * still filling it. So whoever finds that the block is published copies it again, then swings.
 * Three kinds of cache, and how they do it:
 *
 * <p><b>A lock for each entry</b> (or a stripe of them), held while a value is read or written:
 *
 * <pre>{@code
 * public boolean relocate(long oldAddress, long newAddress, long size) {
 *   Entry entry = index.get(keyIn(newAddress));       // the copy may be out of date: a hint only
 *   if (entry == null) return false;
 *   synchronized (entry) {
 *     if (entry.address != oldAddress) return false;  // freed, or replaced, or another block
 *     copy(oldAddress, newAddress, size);             // again: it may have been written meanwhile
 *     entry.address = newAddress;
 *     return true;
 *   }
 * }
 * }</pre>
 *
 * <p>{@code awaitReaders} has nothing to do: whoever reads holds the lock.
 *
 * <p><b>Values with a count of users and an atomic address</b>, immutable once published. A reader
 * takes a share of the value before it reads the address, and gives it back when it has read; a
 * value in use stays where it is:
 *
 * <pre>{@code
 * public boolean relocate(long oldAddress, long newAddress, long size) {
 *   Value value = index.get(keyIn(newAddress));
 *   if (value == null || !value.users.compareAndSet(1, MOVING)) return false; // 1: the cache's own
 *   try {
 *     if (value.address.get() != oldAddress) return false;
 *     copy(oldAddress, newAddress, size);             // again: it is complete now
 *     return value.address.compareAndSet(oldAddress, newAddress);
 *   } finally {
 *     value.users.set(1);                             // who came meanwhile has waited, or missed
 *   }
 * }
 * }</pre>
 *
 * <p><b>Readers without locks</b>, who announce when they begin and end to read (epochs, RCU).
 * Values are immutable, and the address changes with a compare-and-set; a reader that still has the
 * old one is waited for:
 *
 * <pre>{@code
 * public boolean relocate(long oldAddress, long newAddress, long size) {
 *   int slot = slotIn(newAddress);                    // the copy may be out of date: a hint only
 *   if (slots.get(slot) != oldAddress) return false;
 *   copy(oldAddress, newAddress, size);               // again: it is complete now
 *   return slots.compareAndSet(slot, oldAddress, newAddress);
 * }
 *
 * public void awaitReaders() {
 *   epochs.awaitReadersThatBeganBefore(epochs.advance());
 * }
 * }</pre>
 *
 * <p>An evictor takes the address out of the index first (with a {@code getAndSet(0)}, or under the
 * lock), and frees what it took out. What it reads of the block before it frees it is sound in all
 * three: between its taking and its freeing, the relocation of that block can only fail.
 *
 * <p><b>Threads and locks.</b> Called by the thread that called {@code compact}, or, for a
 * compaction in the background, by the maintenance thread, which serves all allocators and is not
 * to be kept waiting for long; with no lock of the allocator held that another call needs. It may
 * allocate and free, but neither compact nor close.
 */
public interface Relocator {

  /**
   * Asks whether a block may be at a new address from now on. An exception is taken for false, ends
   * the compaction, and is thrown to whoever called {@code compact}.
   *
   * @param oldAddress the block
   * @param newAddress another one, which holds a copy of its bytes
   * @param size the usable size of both, in bytes
   * @return true if the caller uses {@code newAddress} now; false if it still uses {@code
   *     oldAddress}, has freed it, or does not know it
   */
  boolean relocate(long oldAddress, long newAddress, long size);

  /**
   * Returns when nobody reads any more at an old address that {@link #relocate} has agreed to give
   * up. Called once for a batch of them, before they are freed. If it throws, they stay allocated
   * until a later compaction's call of it returns.
   */
  default void awaitReaders() {}
}
