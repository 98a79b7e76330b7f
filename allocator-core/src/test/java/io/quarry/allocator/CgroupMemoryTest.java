package io.quarry.allocator;

import static io.quarry.allocator.FakeFileSystem.GIB;
import static io.quarry.allocator.FakeFileSystem.MIB;
import static io.quarry.allocator.FakeFileSystem.VERSION_1_MOUNT;
import static io.quarry.allocator.FakeFileSystem.VERSION_1_NONE;
import static io.quarry.allocator.FakeFileSystem.VERSION_2_MOUNT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupMemoryTest {

  @TempDir private Path root;
  private FakeFileSystem files;

  @BeforeEach
  void setUp() {
    files = new FakeFileSystem(root);
  }

  @Test
  void version2OwnGroup() {
    files
        .group("0::/app.slice/cache.service\n")
        .mounts(VERSION_2_MOUNT)
        .write("/sys/fs/cgroup/app.slice/cache.service/memory.max", 2 * GIB)
        .write("/sys/fs/cgroup/app.slice/cache.service/memory.high", "max\n")
        .write("/sys/fs/cgroup/app.slice/memory.max", "max\n");
    assertLimit(2 * GIB, "/sys/fs/cgroup/app.slice/cache.service/memory.max");
  }

  @Test
  void version2SmallerLimitInAParent() {
    files
        .group("0::/a/b/c\n")
        .mounts(VERSION_2_MOUNT)
        .write("/sys/fs/cgroup/a/b/c/memory.max", 4 * GIB)
        .write("/sys/fs/cgroup/a/b/memory.max", "max\n")
        .write("/sys/fs/cgroup/a/memory.max", GIB)
        .write("/sys/fs/cgroup/sibling/memory.max", MIB);
    assertLimit(GIB, "/sys/fs/cgroup/a/memory.max");
  }

  @Test
  void version2ThrottlingLimitCounts() {
    files
        .group("0::/a\n")
        .mounts(VERSION_2_MOUNT)
        .write("/sys/fs/cgroup/a/memory.max", 4 * GIB)
        .write("/sys/fs/cgroup/a/memory.high", 3 * GIB);
    assertLimit(3 * GIB, "/sys/fs/cgroup/a/memory.high");
  }

  @Test
  void version2ContainerWithANamespaceOfItsOwn() {
    files.group("0::/\n").mounts(VERSION_2_MOUNT).write("/sys/fs/cgroup/memory.max", GIB);
    assertLimit(GIB, "/sys/fs/cgroup/memory.max");
  }

  @Test
  void version2GroupThatIsGoneIsBoundByItsParents() {
    files
        .group("0::/a/b (deleted)\n")
        .mounts(VERSION_2_MOUNT)
        .write("/sys/fs/cgroup/a/memory.max", GIB);
    assertLimit(GIB, "/sys/fs/cgroup/a/memory.max");
  }

  @Test
  void version2GroupNameWithColonAndBlank() {
    files
        .group("0::/a:b c\n")
        .mounts("30 23 0:26 / /sys/fs/control\\040groups rw - cgroup2 cgroup2 rw\n")
        .write("/sys/fs/control groups/a:b c/memory.max", GIB);
    assertLimit(GIB, "/sys/fs/control groups/a:b c/memory.max");
  }

  @Test
  void version1OwnGroupAndParents() {
    files
        .group("5:devices:/other\n4:hugetlb,memory:/a/b\n")
        .mounts(VERSION_1_MOUNT)
        .write("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", VERSION_1_NONE)
        .write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", 3 * GIB)
        .write("/sys/fs/cgroup/memory/a/memory.use_hierarchy", "1\n")
        .write("/sys/fs/cgroup/memory/memory.limit_in_bytes", VERSION_1_NONE);
    assertLimit(3 * GIB, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes");
  }

  @Test
  void version1ParentWithoutHierarchyDoesNotBind() {
    files
        .group("4:memory:/a/b\n")
        .mounts(VERSION_1_MOUNT)
        .write("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", 4 * GIB)
        .write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", GIB)
        .write("/sys/fs/cgroup/memory/a/memory.use_hierarchy", "0\n");
    assertLimit(4 * GIB, "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes");
  }

  @Test
  void version1LimitOfAParentThatCannotBeSeen() {
    files
        .group("4:memory:/\n")
        .mounts(VERSION_1_MOUNT)
        .write("/sys/fs/cgroup/memory/memory.limit_in_bytes", VERSION_1_NONE)
        .write(
            "/sys/fs/cgroup/memory/memory.stat",
            "cache 0\nhierarchical_memory_limit " + 5 * GIB + "\nhierarchical_memsw_limit 1\n");
    assertLimit(5 * GIB, "/sys/fs/cgroup/memory/memory.stat");
  }

  @Test
  void version1ContainerSeesOnlyItsSubHierarchy() {
    files
        .group("4:memory:/docker/abc/inner\n")
        .mounts(VERSION_1_MOUNT.replace(" / ", " /docker/abc "))
        .write("/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", VERSION_1_NONE)
        .write("/sys/fs/cgroup/memory/memory.limit_in_bytes", GIB);
    assertLimit(GIB, "/sys/fs/cgroup/memory/memory.limit_in_bytes");
  }

  @Test
  void aSubHierarchyIsNotMistakenForOneWithALongerName() {
    files
        .group("0::/docker/abcdef\n")
        .mounts(
            VERSION_2_MOUNT.replace(" / ", " /docker/abc ").replace("/cgroup rw", "/watched rw")
                + VERSION_2_MOUNT.replace(" / ", " /docker/abcdef "))
        .write("/sys/fs/watched/memory.max", MIB)
        .write("/sys/fs/cgroup/memory.max", GIB);
    assertLimit(GIB, "/sys/fs/cgroup/memory.max");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0::/elsewhere\n", "0::/../sibling\n", "garbage\n", ""})
  void aGroupThatCannotBeSeenIsTakenForTheMountedOne(String group) {
    files
        .group(group)
        .mounts(VERSION_2_MOUNT.replace(" / ", " /docker/abc "))
        .write("/sys/fs/cgroup/memory.max", GIB)
        .write("/sys/fs/sibling/memory.max", MIB);
    assertLimit(GIB, "/sys/fs/cgroup/memory.max");
  }

  @Test
  void aGroupOutsideTheNamespaceDoesNotLeadOutOfTheMount() {
    files
        .group("0::/../../sibling\n")
        .mounts(VERSION_2_MOUNT)
        .write("/sys/fs/cgroup/memory.max", GIB)
        .write("/sys/sibling/memory.max", MIB);
    assertLimit(GIB, "/sys/fs/cgroup/memory.max");
  }

  @Test
  void hybridWithTheControllerInVersion1() {
    files
        .group("4:memory:/a\n1:name=systemd:/a\n0::/a\n")
        .mounts(VERSION_1_MOUNT + VERSION_2_MOUNT.replace("/cgroup rw", "/cgroup/unified rw"))
        .write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", GIB)
        .write("/sys/fs/cgroup/unified/a/cgroup.procs", "1\n");
    assertLimit(GIB, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes");
  }

  @Test
  void hybridWithTheControllerInVersion2() {
    files
        .group("1:name=systemd:/a\n0::/a\n")
        .mounts(
            "36 31 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
                + VERSION_2_MOUNT.replace("/cgroup rw", "/cgroup/unified rw"))
        .write("/sys/fs/cgroup/unified/a/memory.max", GIB);
    assertLimit(GIB, "/sys/fs/cgroup/unified/a/memory.max");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max",
        "",
        "-1",
        "lots",
        "1e9",
        "0x1000",
        "9223372036854775807",
        "9223372036854771712",
        "9223372036854710272",
        "18446744073709551615",
      })
  void whatIsNoLimit(String contents) {
    files
        .group("4:memory:/\n0::/\n")
        .mounts(VERSION_1_MOUNT + VERSION_2_MOUNT)
        .write("/sys/fs/cgroup/memory.max", contents + "\n")
        .write("/sys/fs/cgroup/memory/memory.limit_in_bytes", contents + "\n")
        .write("/sys/fs/cgroup/memory/memory.stat", "hierarchical_memory_limit " + contents);
    assertThat(CgroupMemory.smallestLimit(root)).isEmpty();
  }

  @Test
  void nothingThere() {
    assertThat(CgroupMemory.smallestLimit(root)).isEmpty();
    files.group("0::/a\n").mounts("");
    assertThat(CgroupMemory.smallestLimit(root)).isEmpty();
    files.mounts(VERSION_1_MOUNT + VERSION_2_MOUNT);
    assertThat(CgroupMemory.smallestLimit(root)).isEmpty();
  }

  @Test
  void directoriesWhereFilesShouldBe() throws IOException {
    files.group("0::/\n").mounts(VERSION_2_MOUNT);
    Files.createDirectories(root.resolve("sys/fs/cgroup/memory.max"));
    assertThat(CgroupMemory.smallestLimit(root)).isEmpty();
  }

  @Test
  void garbageNeverThrows() {
    final Random random = new Random(42);
    final byte[] alphabet =
        "0:/-. \n\\0407amemory,cgroup2\0\u00e9".getBytes(StandardCharsets.UTF_8);
    final String[] names = {
      "/proc/self/cgroup", "/proc/self/mountinfo", "/sys/fs/cgroup/memory.max"
    };
    for (int round = 0; round < 2_000; round++) {
      for (final String name : names) {
        final byte[] contents = new byte[random.nextInt(200)];
        for (int i = 0; i < contents.length; i++) {
          contents[i] = alphabet[random.nextInt(alphabet.length)];
        }
        files.write(name, contents);
      }
      if (round % 2 == 0) {
        files.mounts("30 23 0:26 /\0 /sys/\0/.. rw - cgroup2 cgroup2 rw\n" + VERSION_2_MOUNT);
      }
      assertThat(CgroupMemory.smallestLimit(root)).isNotNull();
    }
  }

  private void assertLimit(long bytes, String file) {
    assertThat(CgroupMemory.smallestLimit(root)).hasValue(new CgroupMemory.Limit(bytes, file));
  }
}
