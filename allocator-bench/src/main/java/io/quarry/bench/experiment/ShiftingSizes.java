package io.quarry.bench.experiment;

import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Blocks of some sizes, most of them freed at random, then blocks of other sizes: memory that is
 * held by the survivors of the first must serve the second.
 *
 * <p>Source: Rumble, Kejriwal, Ousterhout, Log-structured Memory for DRAM-based Storage, FAST 2014,
 * Table 1 and Figure 1.
 */
final class ShiftingSizes implements Experiment {

  /** Allocated in each of the two steps, at full scale. */
  private static final double VOLUME_BYTES = 5e9;

  /** Live at most, at full scale. */
  private static final double CAP_BYTES = 1e9;

  private static final double ROOM = 1.05;
  private static final int MORE_SLOTS = 4_096;
  private static final double NANOS_PER_BLOCK = 700;

  private final UniformSizes before;
  private final double freedShare;
  private final UniformSizes after;

  /**
   * Describes one.
   *
   * @param before sizes in the first step
   * @param freedShare of the blocks, freed in the second step, 0 to 1
   * @param after sizes in the third step, or null for none
   */
  ShiftingSizes(UniformSizes before, double freedShare, UniformSizes after) {
    this.before = before;
    this.freedShare = freedShare;
    this.after = after;
  }

  private static long cap(Setting setting) {
    return setting.scaled(CAP_BYTES, 1 << 20) / setting.threads();
  }

  private static long volume(Setting setting) {
    return setting.scaled(VOLUME_BYTES, 5 << 20) / setting.threads();
  }

  private int slotsOfThread(Setting setting) {
    final double mean = after == null ? before.mean() : Math.min(before.mean(), after.mean());
    return (int) (cap(setting) / mean * ROOM) + MORE_SLOTS;
  }

  @Override
  public List<Sizes> sizes() {
    return after == null ? List.of(before) : List.of(before, after);
  }

  @Override
  public int slots(Setting setting) {
    return Math.multiplyExact(slotsOfThread(setting), setting.threads());
  }

  @Override
  public long expectedMillis(Setting setting) {
    final double blocks =
        volume(setting) / before.mean() + (after == null ? 0 : volume(setting) / after.mean());
    return (long) (blocks * NANOS_PER_BLOCK / 1e6);
  }

  @Override
  public Map<String, Double> play(Stage stage) throws Exception {
    final int slots = slotsOfThread(stage.setting());
    final LiveBlocks[] live = new LiveBlocks[stage.setting().threads()];
    for (int worker = 0; worker < live.length; worker++) {
      live[worker] = new LiveBlocks(stage.newUser(), stage.random(worker), worker * slots, slots);
    }
    stage.run(
        worker -> {
          live[worker].allocate(before, volume(stage.setting()), cap(stage.setting()));
          live[worker].freeShare(freedShare);
          if (after != null) {
            live[worker].allocate(after, volume(stage.setting()), cap(stage.setting()));
          }
        });
    stage.readEnd();
    return Map.of();
  }

  /** The slots of one thread: those with blocks, then those without. */
  private static final class LiveBlocks {

    private final BlockUser user;
    private final UniformRandomProvider random;
    private final int[] order;
    private int count;

    LiveBlocks(BlockUser user, UniformRandomProvider random, int firstSlot, int slots) {
      this.user = user;
      this.random = random;
      this.order = new int[slots];
      for (int i = 0; i < slots; i++) {
        order[i] = firstSlot + i;
      }
    }

    void allocate(UniformSizes sizes, long volumeBytes, long capBytes) {
      long allocated = 0;
      while (allocated < volumeBytes) {
        final int sizeBytes = sizes.next(random);
        while (user.liveBytes() + sizeBytes > capBytes || count == order.length) {
          freeOne();
        }
        user.allocate(order[count], sizeBytes);
        count++;
        allocated += sizeBytes;
      }
    }

    void freeShare(double share) {
      for (long left = Math.round(count * share); left > 0; left--) {
        freeOne();
      }
    }

    private void freeOne() {
      final int chosen = random.nextInt(count);
      final int slot = order[chosen];
      count--;
      order[chosen] = order[count];
      order[count] = slot;
      user.free(slot);
    }
  }
}
