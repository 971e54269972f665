// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that what is measured is the product as its users build it, and no build of the product
// compiles it. script/bench builds and runs it.
let package = Package(
  name: "atoll-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "atoll", path: "..")],
  targets: [
    .executableTarget(
      name: "AtollBenchmarks",
      dependencies: [
        "AtollMeasurement", "AtollTesting", "AtollSimulation", "AtollStore", "AtollFederation",
        "AtollTraining", "AtollLearning", "AtollPrivacy", "AtollNumerics",
      ].map { .product(name: $0, package: "atoll") },
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ]
)
