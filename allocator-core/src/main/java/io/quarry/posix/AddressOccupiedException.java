package io.quarry.posix;

import java.util.List;

/**
 * A mapping was to be at a given address and to replace nothing, but something lies there. The
 * message says what, and so does {@link #occupants()}. Nothing was mapped.
 */
public final class AddressOccupiedException extends PosixException {

  private static final long serialVersionUID = 1L;

  private static final int MOST_NAMED = 5;

  private final transient List<MemoryRange> occupants;

  AddressOccupiedException(String arguments, List<MemoryRange> occupants, Throwable cause) {
    super("mmap", arguments, Errno.EEXIST.number(), sentence(occupants));
    this.occupants = List.copyOf(occupants);
    initCause(cause);
  }

  /**
   * What was found in the range, lowest address first. Empty if it had gone by then, if this system
   * does not tell, or if the exception was serialised in between.
   */
  public List<MemoryRange> occupants() {
    return occupants == null ? List.of() : occupants;
  }

  private static String sentence(List<MemoryRange> occupants) {
    if (occupants.isEmpty()) {
      return "something was mapped in that range, but has gone since, or cannot be named";
    }
    final StringBuilder text = new StringBuilder("in that range lies ");
    final int named = Math.min(occupants.size(), MOST_NAMED);
    for (int i = 0; i < named; i++) {
      text.append(i == 0 ? "" : ", ").append(occupants.get(i));
    }
    if (named < occupants.size()) {
      text.append(" and ").append(occupants.size() - named).append(" more");
    }
    return text.toString();
  }
}
