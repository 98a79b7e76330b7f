package io.quarry.bench;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.quarry.bench", importOptions = DoNotIncludeTests.class)
final class PackageOrderTest {

  private static final String BASE = "io.quarry.bench.";

  /** The order that the package's documentation draws. */
  @ArchTest
  static final ArchRule ORDER =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("blocks")
          .definedBy(BASE + "blocks")
          .layer("loops")
          .definedBy(BASE + "loops")
          .layer("cprogram")
          .definedBy(BASE + "cprogram")
          .layer("measure")
          .definedBy(BASE + "measure")
          .layer("workload")
          .definedBy(BASE + "workload")
          .layer("cache")
          .definedBy(BASE + "cache")
          .layer("experiment")
          .definedBy(BASE + "experiment")
          .layer("report")
          .definedBy(BASE + "report")
          .layer("exchange")
          .definedBy(BASE + "exchange")
          .layer("soak")
          .definedBy(BASE + "soak")
          .layer("compare")
          .definedBy(BASE + "compare")
          .layer("jmh")
          .definedBy(BASE + "jmh..")
          .whereLayer("blocks")
          .mayNotAccessAnyLayer()
          .whereLayer("loops")
          .mayOnlyAccessLayers("blocks")
          .whereLayer("cprogram")
          .mayOnlyAccessLayers("blocks", "loops", "report")
          .whereLayer("measure")
          .mayNotAccessAnyLayer()
          .whereLayer("workload")
          .mayOnlyAccessLayers("blocks", "measure")
          .whereLayer("cache")
          .mayOnlyAccessLayers("blocks", "measure", "workload")
          .whereLayer("experiment")
          .mayOnlyAccessLayers("blocks", "measure", "cache")
          .whereLayer("report")
          .mayOnlyAccessLayers("measure")
          .whereLayer("exchange")
          .mayOnlyAccessLayers("measure")
          .whereLayer("soak")
          .mayOnlyAccessLayers("loops", "measure", "experiment", "report")
          .whereLayer("jmh")
          .mayOnlyAccessLayers("blocks", "loops", "report")
          .whereLayer("compare")
          .mayNotBeAccessedByAnyLayer();
}
