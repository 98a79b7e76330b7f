package io.quarry.child;

import io.quarry.posix.FileHandle;
import io.quarry.posix.MapFlag;
import io.quarry.posix.Mapping;
import io.quarry.posix.NativeMemory;
import io.quarry.posix.OpenFlag;
import io.quarry.posix.Protection;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Does to mappings what a test cannot do in its own JVM, and prints a line about each step. */
public final class MappingProbe {

  private static final Protection[] READ_WRITE = {Protection.READ, Protection.WRITE};

  private MappingProbe() {}

  /** Runs this program in a JVM of its own, which leaves no core and no log behind when it dies. */
  public static ChildJvm.Result run(String... arguments) {
    final List<String> all = new ArrayList<>(options());
    all.addAll(List.of(arguments));
    return ChildJvm.run(all);
  }

  /** Everything in front of the arguments. */
  public static List<String> options() {
    final List<String> all = new ArrayList<>(ChildJvm.strict("ALL-UNNAMED"));
    all.add("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
    all.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:+UseSerialGC", "-Xmx64m"));
    all.addAll(List.of("-XX:ErrorFile=/dev/null", "-XX:TieredStopAtLevel=1"));
    all.addAll(List.of("-cp", System.getProperty("java.class.path")));
    all.add(MappingProbe.class.getName());
    return all;
  }

  /** Takes the name of what to do, and its arguments. */
  public static void main(String[] args) {
    switch (args[0]) {
      case "sigbus" -> touchBeyondTheFile(Path.of(args[1]));
      case "memory-file" -> writeTo(memoryFile(args[1], args[2]));
      case "map-file" -> writeTo(FileHandle.open(Path.of(args[1]), OpenFlag.RDWR));
      case "past-guard" -> runPastTheEnd(args[1]);
      case "write-read-only" -> writeThroughAnOlderView();
      case "execute" -> execute(Boolean.parseBoolean(args[1]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void touchBeyondTheFile(Path path) {
    try (Mapping mapping = Mapping.ofFile(path).length(1 << 20).map()) {
      try {
        mapping.byteBuffer(1 << 19, 1);
      } catch (IndexOutOfBoundsException e) {
        System.out.println("refused: " + e.getMessage());
      }
      System.out.flush();
      NativeMemory.byteBuffer(mapping.address() + (1 << 19), 1).get(0);
      System.out.println("read");
    }
  }

  private static FileHandle memoryFile(String pid, String descriptor) {
    return FileHandle.ofProcess(Long.parseLong(pid), Integer.parseInt(descriptor), OpenFlag.RDWR);
  }

  private static void writeTo(FileHandle opened) {
    try (FileHandle file = opened;
        Mapping mapping = Mapping.of(file).protection(READ_WRITE).map()) {
      System.out.println("found " + mapping.byteBuffer().getLong(0) + " in " + file.size());
      mapping.byteBuffer().putLong(8, ProcessHandle.current().pid());
    }
  }

  /** Writes one byte behind, or before, a mapping, which nothing in Java holds back. */
  private static void runPastTheEnd(String side) {
    try (Mapping mapping = Mapping.anonymous(1 << 16).guarded().map()) {
      final ByteBuffer around = NativeMemory.byteBuffer(mapping.address() - 1, (1 << 16) + 2);
      around.put(1, (byte) 1).put(1 << 16, (byte) 1);
      System.out.println("inside");
      System.out.flush();
      around.put(side.equals("before") ? 0 : (1 << 16) + 1, (byte) 1);
      System.out.println("outside");
    }
  }

  private static void writeThroughAnOlderView() {
    try (Mapping mapping = Mapping.anonymous(1 << 16).map()) {
      final ByteBuffer older = mapping.byteBuffer();
      older.put(0, (byte) 1);
      mapping.protect(Protection.READ);
      System.out.println("read " + older.get(0));
      System.out.flush();
      older.put(0, (byte) 2);
      System.out.println("written");
    }
  }

  /** Calls a function that returns 42, in memory that may be executed or not. */
  private static void execute(boolean permitted) {
    final int[] code =
        System.getProperty("os.arch").equals("aarch64")
            ? new int[] {0x52800540, 0xd65f03c0} // mov w0, #42; ret
            : new int[] {0x00002ab8, 0x9090c300}; // mov eax, 42; ret
    try (Mapping mapping = Mapping.anonymous(1 << 16).flags(MapFlag.NORESERVE).map()) {
      mapping.buffer().putInt(0, code[0]);
      mapping.buffer().putInt(4, code[1]);
      if (permitted) {
        mapping.protect(Protection.READ, Protection.EXECUTE);
      }
      System.out.println("written");
      System.out.flush();
      System.out.println("returned " + NativeCode.call(mapping.address()));
    }
  }
}
