package io.quarry.posix;

/** What an error commonly means for a call; the manual pages say it at length. */
final class ErrorHints {

  private ErrorHints() {}

  /** A sentence without a full stop; empty if there is nothing to add to the error's name. */
  static String of(String call, Errno error) {
    return switch (error) {
      case ENOMEM -> outOfMemory(call);
      case EINVAL -> invalid(call);
      case EEXIST ->
          call.equals("open")
              ? "there is such a file already"
              : "something is mapped in that range already";
      case EAGAIN -> "the limit of locked memory is reached, or the kernel is short of memory";
      case EFAULT -> "part of the range is not mapped, or not as this call needs it";
      case EBADF -> badDescriptor(call);
      case EACCES -> noAccess(call);
      case EPERM -> notPermitted(call);
      case EBUSY -> busy(call);
      case ENODEV -> "the file cannot be mapped: it is a directory, a pipe or a socket";
      case EOVERFLOW -> "offset plus length is more than a file can have";
      case EOPNOTSUPP -> "the file system does not have what one of the flags asks for";
      case EMFILE -> "the process has as many open files as its limit allows (ulimit -n)";
      case ENOSYS -> "this kernel does not have the call";
      default -> "";
    };
  }

  private static String outOfMemory(String call) {
    return switch (call) {
      case "mmap" -> "out of memory or address space, or the process has vm.max_map_count mappings";
      case "munmap" ->
          "unmapping would split a mapping, and the process has vm.max_map_count of them";
      case "mincore", "msync" -> "part of the range is not mapped";
      case "mlock", "mlock2", "mlockall" ->
          "the limit of locked memory (ulimit -l) would be exceeded, or part of the range is not"
              + " mapped";
      case "open", "memfd_create" -> "out of memory";
      default ->
          "part of the range is not mapped, or memory is out, or the process has"
              + " vm.max_map_count mappings";
    };
  }

  private static String invalid(String call) {
    return switch (call) {
      case "mmap" ->
          "the length is zero, the address or the offset is not a multiple of the page size, or"
              + " the flags do not fit together";
      case "madvise" ->
          "the address is not a multiple of the page size, this kernel does not know the advice,"
              + " or the pages are locked";
      case "msync" ->
          "the address is not a multiple of the page size, or both SYNC and ASYNC were given";
      case "open" -> "the flags do not fit together";
      case "lseek" -> "the position would be negative, or the file system does not know holes";
      case "ftruncate" -> "the length is negative, or the descriptor is not open for writing";
      case "fallocate" -> "the offset is negative, or the length is not positive";
      case "memfd_create" -> "the name is longer than 249 bytes, or this kernel lacks a flag";
      case "fcntl" -> "the file has no seals, or this kernel does not know one of them";
      case "prctl" ->
          "this kernel cannot name anonymous memory (CONFIG_ANON_VMA_NAME, Linux 5.17), the name"
              + " has a character that is not allowed or is longer than 79, or the address is not"
              + " a multiple of the page size";
      default ->
          "an address is not a multiple of the page size, or the length is zero or too large";
    };
  }

  private static String badDescriptor(String call) {
    return switch (call) {
      case "mmap" -> "fd is not an open file";
      case "prctl" -> "part of the range is backed by a file";
      case "madvise" -> "nothing is known of the pages of such a mapping";
      default -> "fd is not an open file, or not open as this call needs it";
    };
  }

  private static String noAccess(String call) {
    return switch (call) {
      case "mmap" ->
          "the file is not open for reading; or the mapping is to be shared and writable, and the"
              + " file is not open for both, or open to append";
      case "mprotect" ->
          "the file behind the mapping is not open for what the protection would permit";
      case "madvise" -> "the range is not a writable shared mapping";
      default -> "";
    };
  }

  private static String notPermitted(String call) {
    return switch (call) {
      case "mmap", "mprotect" ->
          "a seal of the file forbids it, its file system is mounted noexec, or the address is"
              + " below vm.mmap_min_addr";
      case "ftruncate", "fallocate" -> "a seal of the file forbids it";
      case "fcntl" -> "the file is not open for writing, or the seal SEAL forbids further ones";
      case "mlock", "mlock2", "mlockall", "munlockall" ->
          "the process may not lock memory (ulimit -l)";
      default -> "";
    };
  }

  private static String busy(String call) {
    return switch (call) {
      case "fcntl" -> "the seal WRITE needs that no shared writable mapping of the file is left";
      case "msync" -> "INVALIDATE was given, and pages of the range are locked";
      default -> "";
    };
  }
}
