package io.quarry.bench.loops;

import io.quarry.bench.blocks.BlockAllocator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/** How often each size of buffer occurs in a web-socket proxy, as Netty publishes it. */
final class ProxySizes {

  private static final String RESOURCE = "netty-websocket-proxy-pattern.csv";

  private final int[] sizes;

  /** Sums of the counts up to each size. */
  private final int[] upTo;

  private ProxySizes(int[] sizes, int[] upTo) {
    this.sizes = sizes;
    this.upTo = upTo;
  }

  static ProxySizes read() {
    final List<String> rows = new ArrayList<>();
    final InputStream resource = ProxySizes.class.getResourceAsStream(RESOURCE);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(resource, RESOURCE), StandardCharsets.US_ASCII))) {
      lines.lines().skip(1).forEach(rows::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    final int[] sizes = new int[rows.size()];
    final int[] upTo = new int[rows.size()];
    int sum = 0;
    for (int i = 0; i < sizes.length; i++) {
      final String[] columns = rows.get(i).split(",");
      sizes[i] = Integer.parseInt(columns[0]);
      sum += Integer.parseInt(columns[1]);
      upTo[i] = sum;
    }
    return new ProxySizes(sizes, upTo);
  }

  /** The number of different sizes. */
  int count() {
    return sizes.length;
  }

  /** The number of allocations that were observed. */
  int observations() {
    return upTo[upTo.length - 1];
  }

  /** One size, at random, in bytes; at least what can be touched. */
  int draw(SplittableRandom random) {
    final int at = Arrays.binarySearch(upTo, random.nextInt(observations()) + 1);
    return Math.max(BlockAllocator.MIN_SIZE_BYTES, sizes[at >= 0 ? at : -at - 1]);
  }
}
