package io.quarry;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The order of the layers: each may use only those below it. */
final class LayersTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.quarry");

  private static final String[] INNER = {
    "io.quarry.region..",
    "io.quarry.slab..",
    "io.quarry.heap..",
    "io.quarry.checks..",
    "io.quarry.posix.libc.."
  };

  @Test
  void eachLayerUsesOnlyThoseBelow() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("posix")
        .definedBy("io.quarry.posix..")
        .layer("region")
        .definedBy("io.quarry.region")
        .layer("slab")
        .definedBy("io.quarry.slab")
        .layer("heap")
        .definedBy("io.quarry.heap")
        .layer("checks")
        .definedBy("io.quarry.checks")
        .layer("allocator")
        .definedBy("io.quarry.allocator")
        .layer("junit")
        .definedBy("io.quarry.junit")
        .whereLayer("posix")
        .mayNotAccessAnyLayer()
        .whereLayer("region")
        .mayOnlyAccessLayers("posix")
        .whereLayer("slab")
        .mayOnlyAccessLayers("region")
        .whereLayer("heap")
        .mayOnlyAccessLayers("slab", "region")
        .whereLayer("checks")
        .mayOnlyAccessLayers("heap", "slab", "region", "posix")
        .whereLayer("allocator")
        .mayOnlyBeAccessedByLayers("junit")
        .whereLayer("junit")
        .mayOnlyAccessLayers("allocator", "checks")
        .whereLayer("junit")
        .mayNotBeAccessedByAnyLayer()
        .check(MAIN);
  }

  @Test
  void noPackagesUseEachOther() {
    slices().matching("io.quarry.(*)..").should().beFreeOfCycles().check(MAIN);
  }

  @Test
  void innerTypesStayInside() {
    final List<String> leaks = new ArrayList<>();
    for (final JavaClass type : MAIN) {
      if (type.getModifiers().contains(JavaModifier.PUBLIC)
          && !resideInAnyPackage(INNER).test(type)) {
        type.getCodeUnits().stream()
            .filter(LayersTest::isVisible)
            .flatMap(unit -> unit.getAllInvolvedRawTypes().stream())
            .filter(resideInAnyPackage(INNER))
            .forEach(inner -> leaks.add(type.getName() + " shows " + inner.getName()));
        type.getFields().stream()
            .filter(field -> field.getModifiers().contains(JavaModifier.PUBLIC))
            .flatMap(field -> field.getAllInvolvedRawTypes().stream())
            .filter(resideInAnyPackage(INNER))
            .forEach(inner -> leaks.add(type.getName() + " shows " + inner.getName()));
        type.getAllRawSuperclasses().stream()
            .filter(resideInAnyPackage(INNER))
            .forEach(inner -> leaks.add(type.getName() + " is a " + inner.getName()));
      }
    }
    assertThat(leaks).isEmpty();
  }

  private static boolean isVisible(final JavaCodeUnit unit) {
    return unit.getModifiers().contains(JavaModifier.PUBLIC)
        || unit.getModifiers().contains(JavaModifier.PROTECTED);
  }

  @Test
  void everyPackageSaysWhatItIsFor() {
    final List<String> without =
        MAIN.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith("io.quarry"))
            .distinct()
            .filter(name -> !MAIN.contain(name + ".package-info"))
            .collect(Collectors.toList());
    final List<String> withoutFile = new ArrayList<>();
    for (final String name : without) {
      // A package-info without annotations leaves no class behind.
      if (!java.nio.file.Files.exists(
          java.nio.file.Path.of("src/main/java", name.replace('.', '/'), "package-info.java"))) {
        withoutFile.add(name);
      }
    }
    assertThat(withoutFile).isEmpty();
  }

  @Test
  void nobodyUsesUnsafe() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveNameMatching("sun\\.misc\\..*|jdk\\.internal\\..*|org\\.agrona\\.UnsafeAccess")
        .check(MAIN);
  }

  @Test
  void onlyPosixCallsTheNativePart() {
    noClasses()
        .that(not(resideInAPackage("io.quarry.posix..")))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jnr..", "com.kenai..")
        .check(MAIN);
  }

  /** Programs without JUnit have all the rest. */
  @Test
  void onlyTheJunitPackageNeedsJunit() {
    noClasses()
        .that(not(resideInAPackage("io.quarry.junit")))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.junit..", "io.quarry.junit")
        .check(MAIN);
  }

  /** All else has to work where the JVM does not let Agrona touch memory. */
  @Test
  void onlyViewsMakeAgronaBuffers() {
    noClasses()
        .that()
        .haveNameNotMatching(
            "io\\.quarry\\.posix\\.(NativeMemory|AgronaAccess|ReadOnlyUnsafeBuffer)")
        .should()
        .accessClassesThat(
            resideInAPackage("org.agrona..")
                .and(not(resideInAPackage("org.agrona.concurrent")))
                .or(
                    com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith(
                            "Buffer")
                        .and(resideInAPackage("org.agrona.."))))
        .check(MAIN);
  }
}
